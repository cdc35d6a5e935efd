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
    expect(failureTraits[kind]).toEqual({ retryHere: false, tryElsewhere: false, countsAgainstHealth: false });
  }
});

test('what is retried here may be tried elsewhere too', () => {
  for (const kind of kinds) if (failureTraits[kind].retryHere) expect(failureTraits[kind].tryElsewhere).toBe(true);
});
