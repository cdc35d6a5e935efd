import { afterEach, expect, it } from 'vitest';
import { type Drill, expectWhole, startDrill } from './drill.ts';

let drill: Drill;
afterEach(() => drill.stop());

it('a target that was down for a while is spared, then used again; every request is served', async () => {
  // The usual minute of F15 at a twentieth of its length, requests paced by the fallback's own slowness.
  drill = await startDrill({ primary: 'f15?seconds=3', fallback: 'ok?gap=3' });
  const startedAt = performance.now();
  let requests = 0;
  let provider: unknown;
  while (provider !== 'first' && performance.now() - startedAt < 15_000) {
    const reply = await drill.call({ stream: true });
    requests++;
    expectWhole(reply, true);
    const lines = await drill.gateway.settled(requests);
    provider = lines.at(-1)!['provider'];
  }
  expect(provider).toBe('first');
  // Three failures take it out; from then on it gets a trial now and then.
  expect(drill.primary.attemptCount).toBeLessThanOrEqual(6);
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});
