import { beforeEach, expect, it } from 'vitest';
import type { AuditEntry } from '../stores/audit-store.ts';
import { createManualClock, type ManualClock } from '../stores/manual-clock.fixture.ts';
import { AuditTally } from './audit-tally.ts';

let told: AuditEntry[];
let clock: ManualClock;
let tally: AuditTally;
beforeEach(() => {
  told = [];
  clock = createManualClock();
  tally = new AuditTally(clock, (entry) => void told.push(entry));
});

const failure = (address: string, requestId = 'req-1'): AuditEntry => ({
  kind: 'auth.failed',
  actor: 'anonymous',
  outcome: 'denied',
  address,
  requestId,
  detail: { reason: 'invalid_api_key' },
});

it('tells the first time at once and counts the others until the minute is over', () => {
  for (let count = 0; count < 1_000; count++) tally.count(failure('10.0.0.1', `req-${count}`));
  tally.count(failure('10.0.0.2'));
  expect(told).toEqual([failure('10.0.0.1', 'req-0'), failure('10.0.0.2')]);
  clock.advance(60_000);
  expect(told.slice(2)).toEqual([
    { ...failure('10.0.0.1'), requestId: null, detail: { reason: 'invalid_api_key', repeated: 999 } },
  ]);
  tally.count(failure('10.0.0.1'));
  expect(told).toHaveLength(4);
});

it('tells no more of a million addresses than of some', () => {
  for (let count = 0; count < 100_000; count++) tally.count(failure(`10.${count >> 16}.${count >> 8}.${count & 255}`));
  expect(told).toHaveLength(30);
  clock.advance(60_000);
  expect(told.slice(30)).toEqual([
    { kind: 'auth.failed', actor: 'several', outcome: 'denied', requestId: null, detail: { repeated: 99_970 } },
  ]);
});

it('has no timer where nothing happened', () => {
  tally.count(failure('10.0.0.1'));
  tally.flush();
  expect(clock.pending()).toBe(0);
  expect(told).toHaveLength(1);
});
