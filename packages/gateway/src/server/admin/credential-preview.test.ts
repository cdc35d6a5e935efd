import { expect, it } from 'vitest';
import { credentialPreview } from './credential-preview.ts';

it.each([
  ['sk-your-openai-key', 'sk-y...-key'],
  ['sk-or-your-key', 'sk-o...-key'],
  ['twelve-chars', '****'],
  ['short', '****'],
  ['', '****'],
  ['env:PROVIDER_KEY', 'env:PROVIDER_KEY'],
  ['file:/run/secrets/key', 'file:/run/secrets/key'],
])('shows of %s: %s', (credential, expected) => {
  expect(credentialPreview(credential)).toBe(expected);
});
