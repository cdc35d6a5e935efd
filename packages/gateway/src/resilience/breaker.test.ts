import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createManualClock, type ManualClock } from '../stores/manual-clock.fixture.ts';
import type { FailureKind } from './failure.ts';
import { createHealthRegistry, type HealthRegistry, type HealthSettings } from './health.ts';
import { healthSettingsOf } from './health-settings.ts';

/** What the breaker of a model is meant to do, told as simply as possible: attempts are known by who they are. */
class SimpleBreaker {
  readonly #settings: Pick<HealthSettings, 'failureThreshold' | 'successThreshold' | 'rampMs'>;
  readonly #openMs: readonly number[];
  state: 'closed' | 'open' = 'closed';
  coolingUntil = 0;
  #failures = 0;
  #successes = 0;
  #reopenings = 0;
  #openUntil = 0;
  #rampFrom = Number.NEGATIVE_INFINITY;
  #trial: { readonly attempt: number; readonly until: number } | undefined;
  /** Attempts before this one began before the breaker closed or was tried the last time. */
  #firstOfNow = 0;
  #sparedUntil = 0;
  #sparings = 0;

  constructor(settings: SimpleBreaker['settings'], openMs: readonly number[]) {
    this.#settings = settings;
    this.#openMs = openMs;
  }

  get settings() {
    return this.#settings;
  }

  isUsable(now: number): boolean {
    return this.state === 'closed' && now >= this.coolingUntil;
  }

  canTry(now: number): boolean {
    if (this.state === 'closed' || now < this.coolingUntil || now < this.#openUntil) return false;
    return this.#trial === undefined || now >= this.#trial.until;
  }

  share(now: number): number {
    if (now < this.#sparedUntil) return 0;
    const grown = (now - this.#rampFrom) / this.#settings.rampMs;
    return this.state === 'open' || grown >= 1 ? 1 : 0.1 + 0.9 * grown;
  }

  try(attempt: number, now: number): void {
    this.#trial = { attempt, until: now + 60_000 };
    this.#firstOfNow = attempt;
  }

  end(attempt: number, outcome: Outcome, now: number, next: number): void {
    if (attempt < this.#firstOfNow) return;
    const isTrial = this.#trial?.attempt === attempt;
    if (isTrial) this.#trial = undefined;
    if (outcome.kind === 'rate_limited') this.#cool(outcome.retryAfterMs, now);
    if (outcome.kind === 'success' && now >= this.#sparedUntil) this.#sparings = 0;
    if (this.state === 'closed') this.#endClosed(outcome, now);
    else if (isTrial) this.#endTrial(outcome, now, next);
  }

  #cool(askedMs: number | undefined, now: number): void {
    if (askedMs !== undefined) this.coolingUntil = Math.max(this.coolingUntil, now + Math.min(60_000, askedMs));
    else if (now >= this.#sparedUntil) {
      if (now >= this.#sparedUntil + 60_000) this.#sparings = 0;
      this.#sparedUntil = now + [1_000, 2_000, 4_000, 8_000, 16_000, 20_000][Math.min(this.#sparings, 5)]!;
      this.#sparings += 1;
    }
  }

  #endClosed({ kind }: Outcome, now: number): void {
    if (kind === 'success') {
      this.#failures = 0;
      this.#reopenings = 0;
    } else if (isCounted(kind)) {
      this.#failures += 1;
      if (this.#failures >= this.#settings.failureThreshold) this.#open(now);
    }
  }

  #endTrial({ kind }: Outcome, now: number, next: number): void {
    if (kind === 'success') {
      this.#openUntil = 0;
      this.#successes += 1;
      if (this.#successes < this.#settings.successThreshold) return;
      this.#close(now, next);
      this.#reopenings = 0;
    } else if (isCounted(kind)) {
      this.#reopenings += 1;
      this.#open(now);
    } else if (kind !== 'cancelled') {
      this.#close(now, next);
      this.#failures = this.#settings.failureThreshold - 1;
      this.#reopenings += 1;
    }
  }

  #open(now: number): void {
    this.state = 'open';
    this.#successes = 0;
    this.#openUntil = now + this.#openMs[Math.min(this.#reopenings, this.#openMs.length - 1)]!;
  }

  #close(now: number, next: number): void {
    this.state = 'closed';
    this.#failures = 0;
    this.#rampFrom = now;
    this.#firstOfNow = next;
  }
}

interface Outcome {
  readonly kind: FailureKind | 'success';
  readonly retryAfterMs?: number | undefined;
}

const isCounted = (kind: FailureKind | 'success') => kind === 'transient' || kind === 'idle_timeout';

type Step =
  | { readonly step: 'wait'; readonly ms: number }
  | { readonly step: 'start' }
  | { readonly step: 'request'; readonly outcome: Outcome }
  | { readonly step: 'end'; readonly which: number; readonly outcome: Outcome };

const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ kind: 'success' as const }) },
  { weight: 8, arbitrary: fc.constantFrom('transient' as const, 'idle_timeout' as const).map((kind) => ({ kind })) },
  { weight: 1, arbitrary: fc.constantFrom('cancelled' as const, 'caller_fault' as const).map((kind) => ({ kind })) },
  {
    weight: 2,
    arbitrary: fc.option(fc.integer({ min: 0, max: 90_000 }), { nil: undefined }).map((retryAfterMs) => ({
      kind: 'rate_limited' as const,
      retryAfterMs,
    })),
  },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 12_000 }).map((ms) => ({ step: 'wait' as const, ms })) },
  { weight: 3, arbitrary: fc.constant({ step: 'start' as const }) },
  { weight: 4, arbitrary: outcome.map((ended) => ({ step: 'request' as const, outcome: ended })) },
  { weight: 3, arbitrary: fc.record({ step: fc.constant('end' as const), which: fc.nat(3), outcome }) },
);

/** Plays steps on both, and compares what they allow after each. */
class Play {
  readonly #clock: ManualClock = createManualClock();
  readonly #registry: HealthRegistry;
  readonly #simple: SimpleBreaker;
  #underWay: { readonly attempt: number; readonly startedAt: number }[] = [];
  #next = 0;

  constructor(settings: SimpleBreaker['settings'], openMs: readonly number[]) {
    const random = () => 0;
    this.#registry = createHealthRegistry({ clock: this.#clock, random, settings, onChange: () => undefined });
    this.#simple = new SimpleBreaker(settings, openMs);
  }

  take(taken: Step): void {
    if (taken.step === 'wait') this.#wait(taken.ms);
    else if (taken.step === 'start') this.#start();
    else if (taken.step === 'request') this.#request(taken.outcome);
    else this.#end(taken.which, taken.outcome);
    this.#compare();
  }

  #wait(ms: number): void {
    this.#clock.advance(ms);
    // Attempts that take longer than is remembered are lost, and with them the trial that one of them may have been.
    this.#underWay = this.#underWay.filter(({ startedAt }) => this.#clock.now() - startedAt < 50_000);
  }

  #start(): void {
    this.#clock.advance(1);
    const isTrial = !this.#registry.isUsable('t', 'm') && this.#registry.beginTrial('t', 'm');
    if (isTrial) this.#simple.try(this.#next, this.#clock.now());
    if (!isTrial && !this.#registry.isUsable('t', 'm')) return;
    this.#underWay.push({ attempt: this.#next, startedAt: this.#clock.now() });
    this.#next += 1;
  }

  #request(outcome: Outcome): void {
    const before = this.#next;
    this.#start();
    if (this.#next > before) this.#end(this.#underWay.length - 1, outcome);
  }

  #end(which: number, { kind, retryAfterMs }: Outcome): void {
    const [ended] = this.#underWay.splice(which, 1);
    if (ended === undefined) return;
    this.#clock.advance(1);
    this.#simple.end(ended.attempt, { kind, retryAfterMs }, this.#clock.now(), this.#next);
    if (kind === 'success') this.#registry.reportSuccess('t', ended.startedAt, 'm');
    else if (kind === 'cancelled') this.#registry.abandonTrial('t', ended.startedAt, 'm');
    else this.#registry.reportFailure('t', kind, ended.startedAt, { model: 'm', retryAfterMs });
  }

  #compare(): void {
    const now = this.#clock.now();
    expect({
      isUsable: this.#registry.isUsable('t', 'm'),
      canTry: this.#registry.canTry('t', 'm'),
      isClosed: this.#registry.breakerState('t', 'm') === 'closed',
      share: Math.round(this.#registry.rampShare('t', 'm', now) * 1e6),
      others: this.#registry.isUsable('t', 'other') && this.#registry.isUsable('t'),
    }).toEqual({
      isUsable: this.#simple.isUsable(now),
      canTry: this.#simple.canTry(now),
      isClosed: this.#simple.state === 'closed',
      share: Math.round(this.#simple.share(now) * 1e6),
      others: true,
    });
  }
}

test.each([
  { failureThreshold: 3, successThreshold: 1, rampMs: 10_000 },
  { failureThreshold: 1, successThreshold: 2, rampMs: 30_000 },
  { failureThreshold: 2, successThreshold: 3, rampMs: 1 },
])('does what a simple breaker does, whatever happens: %o', (settings) => {
  const play = (steps: readonly Step[]) => {
    const played = new Play(settings, [5000, 10_000, 20_000]);
    for (const taken of steps) played.take(taken);
  };
  fc.assert(fc.property(fc.array(step, { maxLength: 120, size: 'max' }), play), { numRuns: 300 });
});

test('a wait that an upstream asks for is never shortened, and never longer than a minute from the last word', () => {
  const asked = fc.array(fc.record({ gapMs: fc.nat(20_000), askedMs: fc.nat(120_000) }), {
    maxLength: 20,
    size: 'max',
  });
  fc.assert(
    fc.property(asked, (words) => {
      const clock = createManualClock();
      const registry = createHealthRegistry({ clock, random: () => 0.5, onChange: () => undefined });
      let until = 0;
      for (const { askedMs, gapMs } of words) {
        clock.advance(gapMs);
        const before = registry.waitMs('t', 'm');
        registry.reportFailure('t', 'rate_limited', clock.now(), { model: 'm', retryAfterMs: askedMs });
        expect(registry.waitMs('t', 'm')).toBeGreaterThanOrEqual(before);
        until = Math.max(until, clock.now() + Math.min(askedMs, 60_000));
        expect(registry.waitMs('t', 'm')).toBe(Math.max(0, until - clock.now()));
        expect(registry.isUsable('t', 'm')).toBe(until <= clock.now());
        expect(registry.canTry('t', 'm')).toBe(false);
      }
    }),
  );
});

test('chance shortens the time that it stays open by a tenth at most', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat(6), (chance, reopenings) => {
      const clock = createManualClock();
      const registry = createHealthRegistry({ clock, random: () => chance, onChange: () => undefined });
      const fail = () => registry.reportFailure('t', 'overloaded', undefined, { model: 'm' });
      for (let time = 0; time < 3; time += 1) fail();
      for (let time = 0; time < reopenings; time += 1) {
        clock.advance(20_000);
        expect(registry.beginTrial('t', 'm')).toBe(true);
        fail();
      }
      const wholeMs = Math.min(20_000, 5000 * 2 ** reopenings);
      expect(registry.waitMs('t', 'm')).toBeGreaterThan(wholeMs * 0.9 - 1e-6);
      expect(registry.waitMs('t', 'm')).toBeLessThanOrEqual(wholeMs);
    }),
  );
});

test('the defaults are those of a configuration that says nothing of a breaker', () => {
  const clock = createManualClock();
  const registry = createHealthRegistry({ clock, random: () => 0, onChange: () => undefined });
  registry.configure(healthSettingsOf({}));
  for (let time = 0; time < 3; time += 1) registry.reportFailure('t', 'transient', undefined, { model: 'm' });
  expect(registry.waitMs('t', 'm')).toBe(5000);
});
