import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createManualClock } from '../stores/manual-clock.fixture.ts';
import { createHealthRegistry } from './health.ts';
import { healthSettingsOf } from './health-settings.ts';

interface Outage {
  /** When the outage begins, in milliseconds after the first request. */
  readonly fromMs: number;
  readonly lastsMs: number;
  readonly everyMs: number;
  readonly requests: number;
  readonly chances: readonly number[];
}

interface Attempt {
  readonly at: number;
  readonly isTrial: boolean;
  readonly isGood: boolean;
}

/**
 * A route of a primary and a fallback that is always well, without a gateway around it: what its requests do at the
 * primary. A request tries the primary twice at most, because its last attempt is the fallback's.
 */
function attemptsAtPrimary({ chances, everyMs, fromMs, lastsMs, requests }: Outage): readonly Attempt[] {
  const clock = createManualClock(0);
  let drawn = 0;
  const random = () => chances[drawn++ % chances.length] ?? 0;
  const registry = createHealthRegistry({ clock, random, onChange: () => undefined });
  registry.configure(healthSettingsOf({}));
  const attempts: Attempt[] = [];
  for (let request = 0; request < requests; request += 1) {
    const at = clock.now();
    const isGood = at < fromMs || at >= fromMs + lastsMs;
    for (let tries = 0; tries < 2; tries += 1) {
      const isTrial = !registry.isUsable('primary', 'm') && registry.beginTrial('primary', 'm');
      const isAdmitted = registry.isUsable('primary', 'm') && random() < registry.rampShare('primary', 'm', at);
      if (!isTrial && !isAdmitted) break;
      attempts.push({ at, isTrial, isGood });
      if (isGood) registry.reportSuccess('primary', at, 'm');
      else registry.reportFailure('primary', 'transient', at, { model: 'm' });
      if (isGood) break;
    }
    clock.advance(everyMs);
  }
  return attempts;
}

const chances = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
  minLength: 7,
  maxLength: 20,
});

test('of a minute of failures and a request every four seconds, few requests learn, and the primary is back soon', () => {
  const begin = fc.integer({ min: 0, max: 8000 });
  fc.assert(
    fc.property(begin, chances, (fromMs, drawn) => {
      const attempts = attemptsAtPrimary({ fromMs, lastsMs: 60_000, everyMs: 4000, requests: 60, chances: drawn });
      const recoveredAt = fromMs + 60_000;
      const wasted = attempts.filter(({ isGood }) => !isGood);
      expect(wasted.length).toBeLessThanOrEqual(6);
      expect(wasted.filter(({ isTrial }) => isTrial).length).toBeLessThanOrEqual(3);
      const after = attempts.filter(({ at }) => at >= recoveredAt);
      expect(after[0]!.at - recoveredAt).toBeLessThanOrEqual(12_000);
      expect(after.every(({ isGood }) => isGood)).toBe(true);
      const late = recoveredAt + 30_000;
      expect(after.filter(({ at }) => at >= late)).toHaveLength(60 - Math.ceil(late / 4000));
    }),
    { numRuns: 300 },
  );
});

test('under load, trials stay as few, because one is under way at a time', () => {
  fc.assert(
    fc.property(chances, (drawn) => {
      const outage = { fromMs: 1000, lastsMs: 60_000, everyMs: 20, requests: 5000, chances: drawn };
      const wasted = attemptsAtPrimary(outage).filter(({ isGood }) => !isGood);
      expect(wasted.filter(({ isTrial }) => !isTrial)).toHaveLength(3);
      expect(wasted.length).toBeLessThanOrEqual(8);
    }),
    { numRuns: 20 },
  );
});
