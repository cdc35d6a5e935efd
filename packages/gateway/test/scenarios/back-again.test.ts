import { afterEach, describe, expect, it } from 'vitest';
import { now } from '../failures/caller.ts';
import { check } from './checks.ts';
import { landed } from './landed.ts';
import { foreignTargets, relayed, type Variant, variants } from './lanes.ts';
import { type Run, type Stage, type StageOptions, startStage } from './stage.ts';

// F15: a target that was down for a while, with everything at about a twentieth of its length.
let stage: Stage;
afterEach(() => stage.stop());

interface Comeback {
  readonly runs: readonly Run[];
  /** Milliseconds from the first request to the first answer of the target that was down, while the process ran. */
  readonly backMs: number;
}

/** Asks again and again, one request after the other, until the first target answers. */
async function askUntilBack(
  variant: Variant,
  options: Pick<StageOptions, 'resilience'>,
  downSeconds: number,
): Promise<Comeback> {
  // Requests are paced by the fallback's own slowness.
  const casts = { outage: { first: `f15?seconds=${downSeconds}`, second: 'ok?gap=3' } };
  stage = await startStage({ casts, variants: [variant], ...options });
  const startedAt = now();
  const runs: Run[] = [];
  while (stage.running.between(startedAt, now()) < 20_000) {
    const run = await stage.run('outage', variant);
    runs.push(run);
    if (run.second.length === 0) break;
  }
  return { runs, backMs: stage.running.between(startedAt, now()) };
}

it.each(variants('stream', [relayed]))(
  'F15: it is spared, then used again; every request is served ($title)',
  async (variant) => {
    const { runs, backMs } = await askUntilBack(variant, {}, 3);
    for (const run of runs)
      check(run, {
        outcome: 'whole',
        tries: [
          [0, 2],
          [0, 1],
        ],
      });
    expect(runs.at(-1)?.first).toHaveLength(1);
    // Three failures take it out; from then on it gets a trial now and then.
    expect(stage.first.attemptCount).toBeLessThanOrEqual(6);
    expect(runs.length).toBeGreaterThan(4);
    expect(backMs).toBeLessThan(12_000);
  },
);

describe.runIf(landed.circuitBreaker)('F15, with a breaker that is told when to try again', () => {
  it.each(variants(undefined, [relayed, foreignTargets]))(
    'it is back within the time that was configured ($title)',
    async (variant) => {
      const circuit_breaker = {
        failure_threshold: 2,
        success_threshold: 1,
        timeout_seconds: 0.3,
        max_timeout_seconds: 0.6,
        ramp_seconds: 0,
      };
      const { runs, backMs } = await askUntilBack(variant, { resilience: { circuit_breaker } }, 1.5);
      for (const run of runs)
        check(run, {
          outcome: 'whole',
          tries: [
            [0, 2],
            [0, 1],
          ],
        });
      // Few probes: two failures, then a trial every few hundred milliseconds.
      expect(stage.first.attemptCount).toBeLessThanOrEqual(10);
      // The minute's half is 0.75 s here.
      expect(backMs).toBeLessThan(1_500 + 1_500);
    },
  );
});
