import { expect, test } from 'vitest';
import type { FailureKind } from './failure.ts';
import { failureMessage, failureTraits } from './failure-table.ts';

const kinds = Object.keys(failureTraits) as FailureKind[];

test.each(kinds)('%s has a sentence', (kind) => {
  expect(failureMessage(kind)).toMatch(/^[A-Z].*\.$/);
});

test('a silent target is tried once only', () => {
  for (const kind of kinds.filter((name) => name.endsWith('_timeout')))
    expect(failureTraits[kind].retryHere).toBe(false);
});

test("the caller's own faults are retried nowhere", () => {
  for (const kind of ['caller_fault', 'content_refused', 'cancelled'] as const) {
    const none = { retryHere: false, tryElsewhere: false, countsAgainstHealth: false, breakerScope: 'none' };
    expect(failureTraits[kind]).toMatchObject(none);
  }
});

test('what is retried here may be tried elsewhere too, after a wait', () => {
  for (const kind of kinds) {
    const { retryHere, tryElsewhere, wait } = failureTraits[kind];
    if (retryHere) expect(tryElsewhere).toBe(true);
    expect(wait === 'none').toBe(!retryHere);
  }
});

test('what may be tried elsewhere may be tried with another model, and nothing else but refused content', () => {
  const elsewhere = kinds.filter((kind) => failureTraits[kind].tryElsewhere);
  const byModel = kinds.filter((kind) => failureTraits[kind].anotherModel !== 'never');
  expect(byModel.filter((kind) => !elsewhere.includes(kind))).toEqual(['content_refused']);
  expect(elsewhere.filter((kind) => !byModel.includes(kind))).toEqual([]);
});

test('only what the gateway itself refused was not sent', () => {
  expect(kinds.filter((kind) => failureTraits[kind].isUnsent)).toEqual(['inexpressible', 'target_busy', 'limit_spent']);
});

test('what an overloaded upstream may fail with takes from the retry budget', () => {
  const spending = kinds.filter((kind) => failureTraits[kind].spendsBudget);
  expect(spending).toEqual(
    expect.arrayContaining([
      'rate_limited',
      'unknown',
      ...kinds.filter((kind) => failureTraits[kind].countsAgainstHealth),
    ]),
  );
  expect(kinds.filter((kind) => failureTraits[kind].retryHere && !spending.includes(kind))).toEqual([]);
  expect(kinds.filter((kind) => failureTraits[kind].isUnsent && spending.includes(kind))).toEqual([]);
});

test('a breaker learns of the target what no other model would cure, and of the model the other faults', () => {
  const scopes = (scope: string) => kinds.filter((kind) => failureTraits[kind].breakerScope === scope);
  expect(scopes('target')).toEqual(['quota_exhausted', 'credential_refused', 'connect_failed', 'connect_timeout']);
  const counted = kinds.filter((kind) => failureTraits[kind].countsAgainstHealth);
  expect(scopes('model')).toEqual(counted.filter((kind) => !kind.startsWith('connect')));
});
