import { expect, it } from 'vitest';
import { createManualClock } from '../stores/manual-clock.fixture.ts';
import { startRounds } from './start-rounds.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

it('begins a minute after the start, goes on every hour, and survives a failure', async () => {
  const clock = createManualClock(0);
  const rounds: number[] = [];
  const failures: unknown[] = [];
  const stop = startRounds({
    clock,
    async round() {
      rounds.push(clock.now() / 60_000);
      if (rounds.length === 1) throw new Error('away');
    },
    onFailed: (error) => failures.push(error),
  });
  for (let minute = 0; minute < 125; minute++) {
    clock.advance(60_000);
    await settled();
  }
  expect(rounds).toEqual([1, 61, 121]);
  expect(failures).toHaveLength(1);
  stop();
  expect(clock.pending()).toBe(0);
});
