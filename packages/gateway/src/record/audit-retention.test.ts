import { expect, it } from 'vitest';
import { createManualClock } from '../stores/manual-clock.fixture.ts';
import { startAuditRetention } from './audit-retention.ts';

const DAY_MS = 86_400_000;
const log = { error() {}, warn() {}, info() {}, debug() {}, trace() {}, flush() {} };

function start(retentionMs: number | undefined, fails = false) {
  const clock = createManualClock(100 * DAY_MS);
  const asked: [what: string, days: number][] = [];
  const note = (what: string) => async (before: number) => {
    asked.push([what, Math.round((clock.wallNow() - before) / DAY_MS)]);
    if (fails) throw new Error('away');
    return 0;
  };
  const store = { prune: note('events'), pruneBodies: note('bodies') };
  const stop = startAuditRetention({ store, config: { retentionMs, bodyRetentionMs: 30 * DAY_MS }, clock, log });
  return { asked, clock, stop };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

it('deletes bodies after their time, and events where they have one', async () => {
  const { asked, clock, stop } = start(90 * DAY_MS);
  clock.advance(60_000);
  await settled();
  expect(asked).toEqual([
    ['bodies', 30],
    ['events', 90],
  ]);
  clock.advance(3_600_000);
  await settled();
  expect(asked).toHaveLength(4);
  stop();
  expect(clock.pending()).toBe(0);
});

it('keeps events for ever where nothing else is said, and goes on after a failure', async () => {
  const { asked, clock, stop } = start(undefined, true);
  clock.advance(60_000);
  await settled();
  clock.advance(3_600_000);
  await settled();
  expect(asked).toEqual([
    ['bodies', 30],
    ['bodies', 30],
  ]);
  stop();
});
