import { expect, it } from 'vitest';
import { textTokens } from './estimate-tokens.ts';

it('knows that scripts differ in characters a token', () => {
  expect(textTokens('The quick brown fox jumps over the lazy dog.')).toBe(11);
  expect(textTokens('敏捷的棕色狐狸')).toBeCloseTo(4.67, 1);
  expect(textTokens('')).toBe(0);
});
