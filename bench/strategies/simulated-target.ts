import type { RateLimitReading } from '../../packages/gateway/src/routing/rate-limit-left.ts';
import type { StrategyMember } from '../../packages/gateway/src/routing/strategies/define-strategy.ts';
import type { Chance } from './chance.ts';

/** How one try at a target ends, as far as it is known when it begins. */
export type Fate =
  | {
      readonly kind: 'answered';
      readonly firstTokenMs: number;
      readonly totalMs: number;
      readonly reading: RateLimitReading | undefined;
    }
  | { readonly kind: 'failed'; readonly afterMs: number }
  | {
      readonly kind: 'limited';
      readonly afterMs: number;
      readonly resetMs: number;
      readonly reading: RateLimitReading;
    };

/** What differs from request to request, the same whichever target gets it. */
export interface Work {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** How much slower than usual it is, for reasons of its own. */
  readonly slowness: number;
  /** Uniform in [0, 1): whether it meets with bad luck. */
  readonly luck: number;
}

/** What a target is like. */
export interface Nature {
  /** Milliseconds to the first token of a usual request, when there is room. */
  readonly firstTokenMs: number;
  readonly tokenMs: number;
  /** Requests that it serves at full speed; with more, all are slower. */
  readonly capacity: number;
  /** Nano-dollars for a million tokens. */
  readonly price: { readonly input: number; readonly output: number };
  /** Nobody told the gateway the price. */
  readonly isPriceUnknown: boolean;
  readonly requestsPerMinute: number | undefined;
}

const MINUTE_MS = 60_000;
/** A target that fails fast answers an error so soon. */
const ERROR_MS = 30;
/** The gateway gives up on a first token after so long. */
const PATIENCE_MS = 10_000;
/** With so many times its capacity a target refuses more. */
const REFUSES_AT = 4;
const BAD_LUCK = 0.002;
/** What a prompt whose beginning the target has kept takes until the first token, and costs of its input. */
const WARM_SPEED = 0.4;
const WARM_PRICE = 0.25;

export function drawNature(chance: Chance): Nature {
  const price = chance.logNormal(1, 0.6);
  return {
    firstTokenMs: chance.logNormal(400, 0.6),
    tokenMs: chance.logNormal(12, 0.4),
    capacity: chance.oneOf([8, 16, 32, 64]),
    price: { input: Math.round(price * 1e9), output: Math.round(price * 4e9) },
    isPriceUnknown: chance.next() < 0.05,
    requestsPerMinute: chance.next() < 0.5 ? chance.oneOf([120, 300, 600]) : undefined,
  };
}

/** One target: how it serves, when it fails, what it charges. */
export class SimulatedTarget {
  readonly member: StrategyMember;
  readonly nature: Nature;
  readonly #chance: Chance;
  /** Attempts so far. */
  attempts = 0;
  inFlight = 0;
  /** Requests of this minute, and when it ends. */
  #used = 0;
  #resetAt: number;
  #spell: { readonly from: number; readonly to: number; readonly hangs: boolean };

  constructor(index: number, nature: Nature, chance: Chance) {
    const name = `target-${index}`;
    this.nature = nature;
    this.member = {
      targetId: name,
      healthId: name,
      kind: name,
      weight: 1,
      upstreamModel: 'model',
      models: undefined,
      defaultModel: undefined,
      canaryPercent: undefined,
    };
    this.#chance = chance;
    this.#resetAt = chance.next() * MINUTE_MS;
    this.#spell = this.#nextSpell(0);
  }

  /** Whether it fails now. */
  isInSpell(now: number): boolean {
    while (now >= this.#spell.to) this.#spell = this.#nextSpell(this.#spell.to);
    return now >= this.#spell.from;
  }

  /** A request arrives. `isWarm`: the target has kept the beginning of its prompt. */
  take(work: Work, isWarm: boolean, now: number): Fate {
    const limited = this.#count(now);
    if (limited !== undefined) return limited;
    if (this.isInSpell(now)) return { kind: 'failed', afterMs: this.#spell.hangs ? PATIENCE_MS : ERROR_MS };
    const load = (this.inFlight + 1) / this.nature.capacity;
    if (load > REFUSES_AT || work.luck < BAD_LUCK) return { kind: 'failed', afterMs: ERROR_MS };
    const slowness = Math.max(1, load) * work.slowness;
    const firstTokenMs = this.nature.firstTokenMs * slowness * (isWarm ? WARM_SPEED : 1);
    if (firstTokenMs > PATIENCE_MS) return { kind: 'failed', afterMs: PATIENCE_MS };
    const totalMs = firstTokenMs + this.nature.tokenMs * slowness * work.outputTokens;
    return { kind: 'answered', firstTokenMs, totalMs, reading: this.#reading(now) };
  }

  /** Nano-dollars. */
  costOf({ inputTokens, outputTokens }: Pick<Work, 'inputTokens' | 'outputTokens'>, isWarm: boolean): number {
    const { input, output } = this.nature.price;
    return (inputTokens * input * (isWarm ? WARM_PRICE : 1) + outputTokens * output) / 1e6;
  }

  #count(now: number): Fate | undefined {
    const limit = this.nature.requestsPerMinute;
    if (limit === undefined) return undefined;
    while (now >= this.#resetAt) {
      this.#resetAt += MINUTE_MS;
      this.#used = 0;
    }
    this.#used++;
    if (this.#used <= limit) return undefined;
    const resetMs = this.#resetAt - now;
    return { kind: 'limited', afterMs: ERROR_MS, resetMs, reading: { requests: { limit, remaining: 0, resetMs } } };
  }

  #reading(now: number): RateLimitReading | undefined {
    const limit = this.nature.requestsPerMinute;
    return limit === undefined
      ? undefined
      : { requests: { limit, remaining: limit - this.#used, resetMs: this.#resetAt - now } };
  }

  #nextSpell(after: number) {
    const from = after + this.#chance.exponential(600_000);
    return { from, to: from + this.#chance.exponential(20_000), hangs: this.#chance.next() < 0.5 };
  }
}
