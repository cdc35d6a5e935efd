import { describe, expect, it } from 'vitest';
import { chargedTier } from './charged-tier.ts';

describe('the tier of service that is charged', () => {
  it.each([
    ['what the answer says', 'flex', 'priority', 'flex'],
    ['the usual one where the answer says so, whatever was asked for', 'default', 'flex', undefined],
    ['what was asked for where the answer does not say', undefined, 'flex', 'flex'],
    ['the usual one where nobody said anything', undefined, undefined, undefined],
    ['the usual one where the choice was the provider’s, and it does not tell', undefined, 'auto', undefined],
    ['the usual one by the names of others', 'on_demand', undefined, undefined],
    ['one tier by two names', 'fast', undefined, 'priority'],
    ['one that nobody knows', 'Ultra', undefined, 'ultra'],
  ])('is %s', (_what, served, asked, charged) => {
    expect(chargedTier(served, asked)).toBe(charged);
  });

  it('has behind it what is charged beside it', () => {
    expect(chargedTier('batch', undefined, 'us')).toBe('batch-us');
    expect(chargedTier('default', 'flex', 'fast-mode-us')).toBe('fast-mode-us');
    expect(chargedTier(undefined, undefined, undefined)).toBe(undefined);
  });

  it('is no longer than a name', () => {
    expect(chargedTier('x'.repeat(10_000), undefined)).toHaveLength(64);
  });
});
