import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { check } from './checks.ts';
import { variants } from './lanes.ts';
import { type Run, type Stage, startStage } from './stage.ts';

const alone = { second: null } as const;
const two = variants('stream').flatMap(({ lane }) => variants(undefined, [lane]));

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({
    casts: {
      asked: { first: 'f1', ...alone },
      'asked-for-long': { first: 'f1?retry=100', ...alone },
      'asked-for-long-with-another': { first: 'f1?retry=100' },
      limited: { first: 'f2', ...alone },
      left: { first: 'f2' },
      spared: { first: 'f2' },
    },
    // The defaults of a gateway that says nothing of it.
    retry: { initial_delay_ms: 100 },
  });
});
afterAll(() => stage.stop());

/** Milliseconds between the starts of the attempts at the first target. */
function gapsOf({ first }: Run): number[] {
  return first.slice(1).map(({ startedAt }, index) => startedAt - first[index]!.startedAt);
}

const all = (cast: string): Promise<Run[]> => Promise.all(two.map((variant) => stage.run(cast, variant)));

describe('F1: a provider that asks to wait two seconds', () => {
  it('is waited for as long as it asked when nothing else can answer, on every path', async () => {
    for (const run of await all('asked')) {
      check(run, { outcome: 'whole', tries: [2, 0], failures: /^\S+ rate_limited 429$/ });
      // At most two tries in the first second and a half, and nobody comes back before the time.
      expect(gapsOf(run)[0]).toBeGreaterThanOrEqual(1_800);
      expect(gapsOf(run)[0]).toBeLessThan(4_000);
    }
  });

  it('is not waited for when it asks for more than a caller will wait', async () => {
    for (const run of await all('asked-for-long')) {
      check(run, { outcome: 'refused', status: 429, tries: [1, 0], withinMs: 1_500 });
      expect(run.got.headers['retry-after']).toBe('100');
    }
    for (const run of await all('asked-for-long-with-another')) check(run, { outcome: 'whole', tries: [1, 1] });
  });
});

describe('F2: a provider that limits the rate and does not say for how long', () => {
  it('is tried at most four times in three seconds, with waits that grow and differ', async () => {
    const runs = await all('limited');
    for (const run of runs) {
      check(run, { outcome: 'refused', status: 429, tries: [[2, 4], 0] });
      expect(run.got.headers['retry-after']).toBe('1');
      // Half of the first wait at least, and half of the doubled one.
      expect(gapsOf(run)[0]).toBeGreaterThanOrEqual(49);
      expect(gapsOf(run)[1]).toBeGreaterThanOrEqual(99);
    }
    const seconds = runs.map((run) => gapsOf(run)[1]!);
    expect(Math.max(...seconds) - Math.min(...seconds)).toBeGreaterThan(5);
  });

  it('is passed over by those who come next, while another answers; alone, it is asked by everybody', async () => {
    for (const variant of two) {
      let tries = 1;
      // Each time that it refuses again it is passed over for longer: long enough for the slowest machine.
      for (let asked = 0; asked < 8 && tries > 0; asked++) {
        const run = await stage.run('spared', variant);
        check(run, { outcome: 'whole', tries: [[0, 4], 1] });
        tries = run.first.length;
      }
      expect(tries).toBe(0);
    }
    for (const run of await all('limited')) check(run, { outcome: 'refused', status: 429, tries: [[2, 4], 0] });
  });

  it('is left for another before long', async () => {
    for (const run of await all('left')) check(run, { outcome: 'whole', tries: [[1, 4], 1], withinMs: 3_000 });
  });
});
