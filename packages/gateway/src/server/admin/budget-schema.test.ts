import { expect, it } from 'vitest';
import { budgetCreation } from './budget-schema.ts';
import { checkInput } from './check-input.ts';

const body = (model: string) => ({ name: 'b', scope: 'global', period: 'day', cap_usd: 1, model });

/** It was taken, and held for nobody: scopes of keys have such beginnings of names, budgets do not. */
it('a budget is of one model, not of all whose names begin alike', () => {
  expect(checkInput(budgetCreation, body('gpt-4o')).model).toBe('gpt-4o');
  for (const model of ['gpt-*', 'gpt*4o', '*']) {
    expect(() => checkInput(budgetCreation, body(model))).toThrow(/`model` must be the whole name of one model/);
  }
});
