import { describe, expect, it } from 'vitest';
import { budgetOfEffort, effortOfBudget } from './reasoning-budget.ts';

describe('budgetOfEffort', () => {
  it.each([
    ['none', 0],
    ['minimal', 1024],
    ['low', 2048],
    ['medium', 8192],
    ['high', 24_576],
    ['xhigh', 32_000],
    ['max', 32_000],
    ['some-word-of-next-year', 8192],
  ])('takes %s for %d tokens', (effort, tokens) => {
    expect(budgetOfEffort(effort)).toBe(tokens);
  });
});

describe('effortOfBudget', () => {
  it.each([
    [-1, 'none'],
    [0, 'none'],
    [1, 'minimal'],
    [1024, 'minimal'],
    [2000, 'low'],
    [5120, 'low'],
    [5121, 'medium'],
    [10_000, 'medium'],
    [16_384, 'medium'],
    [20_000, 'high'],
    [31_999, 'xhigh'],
    [1_000_000, 'xhigh'],
  ])('takes %d tokens for %s', (tokens, effort) => {
    expect(effortOfBudget(tokens)).toBe(effort);
  });

  it.each(['none', 'minimal', 'low', 'medium', 'high', 'xhigh'])('gives %s back', (effort) => {
    expect(effortOfBudget(budgetOfEffort(effort))).toBe(effort);
  });
});
