import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createManualClock } from '../stores/manual-clock.fixture.ts';
import type { ProbeOutcome } from './health.ts';
import { createProber, type ProbedTarget, type ProbeRequest } from './prober.ts';

function targetOf(id: string, probe: Partial<ProbedTarget['probe']> = {}): ProbedTarget {
  return {
    id,
    healthId: id.split('/')[0]!,
    origin: 'http://localhost',
    credentialHeaders: [],
    probe: { path: '/models', intervalMs: 10_000, timeoutMs: 5000, failureThreshold: 3, successThreshold: 1, ...probe },
  };
}

function setUp(answer: (request: ProbeRequest) => Promise<ProbeOutcome> = async () => ({ status: 200 })) {
  const clock = createManualClock();
  const asked: string[] = [];
  const reported: string[] = [];
  const signals: AbortSignal[] = [];
  const prober = createProber({
    probe: (request) => {
      asked.push(request.target.id);
      signals.push(request.signal);
      return answer(request);
    },
    registry: {
      reportProbe: (id, { outcome }) => reported.push(`${id} ${'status' in outcome ? outcome.status : 'error'}`),
    },
    clock,
    random: () => 0.5,
  });
  const advance = async (ms: number) => {
    clock.advance(ms);
    await setImmediate();
  };
  return { clock, prober, asked, reported, signals, advance };
}

test('asks at the start with jitter, then at each interval', async () => {
  const { prober, reported, advance } = setUp();
  prober.update([targetOf('a')]);
  await advance(499);
  expect(reported).toEqual([]);
  await advance(1);
  expect(reported).toEqual(['a 200']);
  await advance(9999);
  expect(reported).toHaveLength(1);
  await advance(1);
  expect(reported).toHaveLength(2);
});

test('asks once for targets that share their health, as often as the most eager wants, and never without a path', async () => {
  const { prober, asked, advance } = setUp();
  prober.update([targetOf('a/slow', { intervalMs: 30_000 }), targetOf('a/fast'), targetOf('b', { path: undefined })]);
  await advance(500);
  await advance(10_000);
  expect(asked).toEqual(['a/fast', 'a/fast']);
});

test('a probe that is not answered in time is aborted and counts as a failure', async () => {
  const { prober, reported, signals, asked, advance } = setUp(() => new Promise(() => undefined));
  prober.update([targetOf('a')]);
  await advance(500);
  await advance(4999);
  expect(reported).toEqual([]);
  await advance(1);
  expect(reported).toEqual(['a error']);
  expect(signals[0]!.aborted).toBe(true);
  await advance(5000);
  expect(asked).toHaveLength(2);
});

test('a rejected probe counts as a failure and the next one follows', async () => {
  const { prober, reported, advance } = setUp(() => Promise.reject(new Error('refused')));
  prober.update([targetOf('a')]);
  await advance(500);
  await advance(10_000);
  expect(reported).toEqual(['a error', 'a error']);
});

test('a reload keeps the rhythm of what stays, ends what goes, and hurries what got a shorter interval', async () => {
  const { prober, asked, advance, clock } = setUp();
  prober.update([targetOf('a'), targetOf('b')]);
  await advance(500);
  await advance(5000);
  prober.update([targetOf('a')]);
  await advance(5000);
  expect(asked).toEqual(['a', 'b', 'a']);
  prober.update([targetOf('a', { intervalMs: 1000 })]);
  await advance(1000);
  expect(asked).toHaveLength(4);
  prober.update([]);
  expect(clock.pending()).toBe(0);
});

test('stopping aborts what is under way and reports nothing more', async () => {
  const { prober, reported, signals, advance, clock } = setUp(() => new Promise(() => undefined));
  prober.update([targetOf('a')]);
  await advance(500);
  prober.stop();
  expect(signals[0]!.aborted).toBe(true);
  await advance(60_000);
  expect(reported).toEqual([]);
  expect(clock.pending()).toBe(0);
});
