import { afterEach, describe, expect, it } from 'vitest';
import { check } from './checks.ts';
import { landed } from './landed.ts';
import { foreignTargets, relayed, type Variant, variants } from './lanes.ts';
import { factsOf } from './outcome.ts';
import { eventually, type Run, type Stage, type StageOptions, startStage } from './stage.ts';

// What an operator may configure for failures beside retries and further targets.
const some = variants(undefined, [relayed, foreignTargets]);
const cases = some.map((variant) => [variant.title, variant] as const);

let stage: Stage;
afterEach(() => stage.stop());
const start = async (options: StageOptions): Promise<void> => {
  stage = await startStage({ variants: some, ...options });
};
const gapsOf = ({ first }: Run): number[] =>
  first.slice(1).map(({ startedAt }, index) => startedAt - first[index]!.startedAt);

describe.runIf(landed.modelFallbacks)('F12, F13: another model', () => {
  const alone = { second: null };
  const named = (cast: string, { lane, mode }: Variant) => `${cast}.${lane.name}.${mode}`;
  const fallbacks = Object.fromEntries(
    some.flatMap((variant) => {
      const follow = (cast: string) => [named(cast, variant)];
      return [
        [named('small', variant), { context_exceeded: follow('large') }],
        [named('strict', variant), { content_refused: follow('lenient') }],
        [named('down', variant), { any: follow('large') }],
        [named('unnamed', variant), { content_refused: follow('lenient') }],
      ];
    }),
  );
  const casts = {
    small: { first: 'f12', ...alone },
    strict: { first: 'f13', ...alone },
    down: { first: 'f4', ...alone },
    unnamed: { first: 'f12', ...alone },
    large: { first: 'ok:large', ...alone },
    lenient: { first: 'ok:lenient', ...alone },
  };

  it.each([
    ['small', /^small\S+ context_exceeded 400$/, 1],
    ['strict', /^strict\S+ content_refused 400$/, 1],
    ['down', /^down\S+ overloaded 503(, down\S+ overloaded 503)*$/, 2],
  ] as const)('goes on where the first one failed as was foreseen (%s)', async (cast, failures, most) => {
    await start({ casts, sections: { routing: { fallbacks } } });
    for (const variant of some) {
      const run = await stage.run(cast, variant);
      check(run, { outcome: 'whole', tries: [[2, 1 + most], 0], failures });
      // The answer names the model that gave it.
      expect(factsOf(variant.lane.caller, variant.stream, run.got).model).toMatch(/^ok:/);
    }
  });

  it('is not asked for a failure that it was not meant for', async () => {
    await start({ casts, sections: { routing: { fallbacks } } });
    for (const variant of some)
      check(await stage.run('unnamed', variant), { outcome: 'refused', status: 400, tries: [1, 0], message: /./ });
  });
});

describe.runIf(landed.retrySettings)('waits between attempts', () => {
  it('F1: nobody is waited for longer than was configured', async () => {
    await start({ casts: { asks: { first: 'f1', second: null } }, retry: { max_wait_seconds: 1 } });
    for (const variant of some) {
      check(await stage.run('asks', variant), { outcome: 'refused', status: 429, tries: [1, 0], withinMs: 900 });
    }
  });

  it.each([
    ['fixed', [60, 60]],
    ['exponential', [60, 120]],
  ] as const)('F2: are %s', async (strategy, [first, second]) => {
    await start({ casts: { limited: { first: 'f2', second: null } }, retry: { strategy, initial_delay_ms: 60 } });
    for (const variant of some) {
      const run = await stage.run('limited', variant);
      check(run, { outcome: 'refused', status: 429, tries: [3, 0] });
      const [one = 0, two = 0] = gapsOf(run);
      expect(one).toBeGreaterThanOrEqual(first - 2);
      expect(two).toBeGreaterThanOrEqual(second - 2);
      const [, from, to] = run.first.map(({ startedAt }) => startedAt);
      expect(strategy === 'fixed' ? stage.running.between(from!, to!) : 0).toBeLessThan(2 * first);
    }
  });
});

describe.runIf(landed.targetTimeouts)('limits of a target', () => {
  it.each(cases)('F6, F7: are its own: %s', async (_, variant) => {
    const timeout = { first_token_seconds: 0.2, stream_headers_seconds: 0.2, headers_seconds: 0.2 };
    await start({ casts: { late: { first: 'f7?seconds=5', firstTarget: { timeout } } } });
    check(await stage.run('late', variant), { outcome: 'whole', tries: [1, 1], withinMs: 2_000 });
  });
});

describe.runIf(landed.hedging)('a second target that is asked early', () => {
  const hedging = { percentile: 90, min_delay_ms: 40, max_extra_percent: 100 };
  it.each(variants('stream', [relayed, foreignTargets]).map((variant) => [variant.title, variant] as const))(
    'F7: answers long before the limit on the first token: %s',
    async (_, variant) => {
      await start({ casts: { route: { first: 'sim' } }, sections: { routing: { hedging } } });
      for (let count = 0; count < 60; count++) await stage.run('route', variant);
      const before = stage.second.attemptCount;
      stage.first.behave({ kind: 'answer', firstTokenMs: 5_000 });
      const run = await stage.run('route', variant);
      check(run, { outcome: 'whole', tries: [1, 1], withinMs: 1_500 });
      expect(stage.second.attemptCount - before).toBe(1);
      await stage.first.waitUntil(() => run.first[0]?.outcome === 'client_closed');
    },
  );
});

describe.runIf(landed.singleFlight)('equal requests at the same time', () => {
  it.each(cases)('cost one attempt, and each has the whole answer and its line: %s', async (_, variant) => {
    await start({
      casts: { same: { first: 'sim?gap=5', second: null } },
      sections: { routing: { single_flight: true } },
    });
    const runs = await Promise.all(Array.from({ length: 20 }, () => stage.run('same', variant)));
    for (const { outcome, line } of runs)
      expect({ outcome, status: line['status'] }).toEqual({ outcome: { kind: 'whole' }, status: 200 });
    expect(stage.first.attemptCount).toBe(1);
  });

  it.each(cases)('F8: none is told that a broken answer is whole: %s', async (_, variant) => {
    await start({
      casts: { same: { first: 'f8?gap=2', second: null } },
      sections: { routing: { single_flight: true, stream_recovery: 'error' } },
    });
    const runs = await Promise.all(Array.from({ length: 20 }, () => stage.run('same', variant)));
    for (const { outcome } of runs) expect(['broken', 'refused']).toContain(outcome.kind);
  });

  it.each(cases)('F21: go on when one of their callers leaves, the first one too: %s', async (_, variant) => {
    await start({
      casts: { same: { first: 'sim?gap=5', second: null } },
      sections: { routing: { single_flight: true } },
    });
    const leaving = stage.open('same', variant, 'leaves');
    await stage.first.waitForAttempts(1);
    const others = Promise.all([0, 1, 2].map(() => stage.run('same', variant)));
    await eventually(() => stage.gateway.slots.counts('admission').inFlight >= 1, 'request under way');
    leaving.leave();
    for (const { outcome } of await others) expect(outcome).toEqual({ kind: 'whole' });
    expect(await stage.lineOf('leaves')).toMatchObject({ status: 499 });
  });
});

describe.runIf(landed.trafficShares)('a target that gets copies', () => {
  it.each(cases)('F4: harms nobody when it fails: %s', async (_, variant) => {
    await start({
      casts: { shadowed: { first: 'ok', second: 'f4', secondTarget: { shadow_percent: 100, priority: 1 } } },
    });
    for (let count = 0; count < 5; count++) {
      const run = await stage.run('shadowed', variant);
      expect(run.outcome).toEqual({ kind: 'whole' });
      expect(run.line).toMatchObject({ attempts: 1, status: 200 });
    }
    await stage.second.waitForAttempts(1);
    expect(stage.first.attemptCount).toBe(5);
  });
});
