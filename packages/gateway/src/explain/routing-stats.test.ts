import { describe, expect, it } from 'vitest';
import type { AttemptRecord, LedgerEntry } from '../canonical/exchange.ts';
import { createRoutingStats, mergeRoutingStats, type RoutingCounts, routingCounters } from './routing-stats.ts';

const nothing = Object.fromEntries(routingCounters.map((name) => [name, 0])) as RoutingCounts;
const minuteMs = 60_000;

const attempt = (targetId: string, outcome = 'ok', upstreamModel = 'm'): AttemptRecord => ({
  targetId,
  provider: targetId,
  upstreamModel,
  outcome,
  status: 200,
  durationMs: 1,
});

function entryOf(attempts: readonly AttemptRecord[], changes: Partial<LedgerEntry> = {}): LedgerEntry {
  const last = attempts.at(-1);
  return {
    id: 'req-1',
    operation: 'chat',
    stream: false,
    principal: 'anonymous',
    requestedModel: 'm',
    modelLabel: 'm',
    targetModel: 'm',
    responseModel: 'm',
    provider: last?.provider,
    targetId: last?.targetId,
    status: 200,
    outcome: 'completed',
    failure: undefined,
    attempts,
    usage: undefined,
    durationMs: 1,
    firstByteMs: 1,
    queuedMs: 0,
    overheadMs: 0,
    ...changes,
  };
}

function start() {
  let now = 0;
  const stats = createRoutingStats({ clock: { now: () => now, wallNow: () => 1_700_000_000_000 + now } });
  return {
    stats,
    note: (attempts: readonly AttemptRecord[], changes?: Partial<LedgerEntry>) =>
      stats.note(entryOf(attempts, changes)),
    wait: (ms: number) => {
      now += ms;
    },
    /** Counters that are not zero, by target. */
    counted: (windowMs?: number) =>
      Object.fromEntries(
        stats
          .snapshot(windowMs)
          .targets.map(({ target, provider: _provider, ...counts }) => [
            target,
            Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)),
          ]),
      ),
  };
}

describe('what is counted', () => {
  it('a request that was answered', () => {
    const { note, counted } = start();
    note([attempt('a')]);
    note([attempt('a')]);
    expect(counted()).toEqual({ a: { requests: 2, answered: 2 } });
  });

  it('failures, and who got the request after them', () => {
    const { note, counted } = start();
    note([attempt('a', 'overloaded'), attempt('a', 'overloaded'), attempt('b')]);
    expect(counted()).toEqual({
      a: { requests: 2, failures: 2, retries: 1 },
      b: { requests: 1, answered: 1, retries: 1 },
    });
  });

  it('what was never sent counts as passed over, and is no failure', () => {
    const { note, counted } = start();
    note([attempt('a', 'target_busy'), attempt('b', 'inexpressible'), attempt('c')]);
    expect(counted()).toEqual({ a: { passed_over: 1 }, b: { passed_over: 1 }, c: { requests: 1, answered: 1 } });
  });

  it('a race counts for both', () => {
    const { note, counted } = start();
    note([attempt('a', 'cancelled'), attempt('b')]);
    note([attempt('b', 'cancelled'), attempt('a')]);
    expect(counted()).toEqual({
      a: { requests: 2, answered: 1, hedges: 2 },
      b: { requests: 2, answered: 1, hedges: 2 },
    });
  });

  it('a caller that left makes no race', () => {
    const { note, counted } = start();
    note([attempt('a', 'cancelled')], { outcome: 'client_closed' });
    expect(counted()).toEqual({ a: { requests: 1 } });
  });

  it('a stream that somebody else completed', () => {
    const { note, counted } = start();
    note([attempt('a', 'truncated'), attempt('b')], { recovered: 'continue' });
    expect(counted()).toMatchObject({ b: { recoveries: 1 }, a: { failures: 1 } });
  });

  it('copies apart, and answers that were shared not at all', () => {
    const { note, counted } = start();
    note([attempt('a')], { shadowOf: 'req-0' });
    note([], { isShared: true, targetId: 'a' });
    expect(counted()).toEqual({ a: { copies: 1 } });
  });
});

describe('windows', () => {
  it('reach back whole minutes, and say from when', () => {
    const { note, counted, stats, wait } = start();
    note([attempt('a')]);
    wait(10 * minuteMs);
    note([attempt('a')]);
    note([attempt('a')]);
    wait(minuteMs);
    note([attempt('a')]);
    expect(counted(minuteMs)).toEqual({ a: { requests: 3, answered: 3 } });
    expect(counted(30_000)).toEqual({ a: { requests: 3, answered: 3 } });
    expect(counted(60 * minuteMs)).toEqual({ a: { requests: 4, answered: 4 } });
    expect(counted()).toEqual({ a: { requests: 4, answered: 4 } });
    expect(stats.snapshot(minuteMs).from).toBe(1_700_000_000_000 + 10 * minuteMs);
    expect(stats.snapshot(60 * minuteMs).from).toBe(1_700_000_000_000);
  });

  it('forget what lies further back, however long nobody was asked', () => {
    const { note, counted, wait } = start();
    note([attempt('a')]);
    wait(61 * minuteMs);
    expect(counted(60 * minuteMs)).toEqual({ a: {} });
    note([attempt('a')]);
    expect(counted(60 * minuteMs)).toEqual({ a: { requests: 1, answered: 1 } });
    expect(counted()).toEqual({ a: { requests: 2, answered: 2 } });
  });
});

describe('bounds', () => {
  it('keeps a thousand targets and sixteen models of each', () => {
    const { note, stats } = start();
    for (let index = 0; index < 2_000; index++) note([attempt(`t${index}`)]);
    for (let index = 0; index < 40; index++) note([attempt('a', 'ok', `m${index % 20}`)]);
    expect(stats.snapshot().targets).toHaveLength(1_024);
    expect(stats.modelsOf('a')).toHaveLength(16);
    expect(stats.modelsOf('a').at(-1)).toBe('m19');
    expect(stats.modelsOf('nobody')).toEqual([]);
  });
});

it('adds up what several processes counted', () => {
  const [one, two] = [start(), start()];
  one.note([attempt('a')]);
  one.note([attempt('b')]);
  two.wait(1_000);
  two.note([attempt('a', 'transient'), attempt('c')]);
  const merged = mergeRoutingStats([one.stats.snapshot(), two.stats.snapshot()]);
  expect(merged.from).toBe(1_700_000_000_000);
  expect(merged.targets).toEqual([
    { ...nothing, target: 'a', provider: 'a', requests: 2, answered: 1, failures: 1 },
    { ...nothing, target: 'b', provider: 'b', requests: 1, answered: 1 },
    { ...nothing, target: 'c', provider: 'c', requests: 1, answered: 1, retries: 1 },
  ]);
});
