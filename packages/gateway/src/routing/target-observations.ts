import { AnswerPace } from './answer-pace.ts';
import { createRouteLatencies, type RouteLatencies } from './latency-quantiles.ts';
import type { PickFacts } from './pick-facts.ts';
import { RateLimitLeft, type RateLimitReading } from './rate-limit-left.ts';

/** What the attempts of this process taught about targets, over reloads too. Bounded. */
export interface TargetObservations {
  /** What is known of a target under a model's name upstream; from the first call on there is an entry for it. */
  of(target: ObservedTarget, upstreamModel: string | undefined): TargetObservation;
  /** The same for who only looks; undefined where there is nothing. */
  find(target: ObservedTarget, upstreamModel: string | undefined): TargetObservation | undefined;
  /** Time to the first token by route. */
  routeLatency: RouteLatencies['of'];
}

/** Targets of one address and credential are one: they have the same servers and the same quotas behind them. */
export interface ObservedTarget {
  readonly healthId: string;
}

/** How an attempt ended. */
export interface ObservedEnd {
  readonly stream: boolean;
  /** A stream's first token had come, and was told. */
  readonly hadFirstToken: boolean;
  /** `abandoned`: from this side, which says nothing of the target. */
  readonly outcome: 'answered' | 'failed' | 'abandoned';
  /** Milliseconds since the attempt began. */
  readonly ms: number;
}

/** Entries at most. Callers can make up models' names; a quarter that was not used for longest makes room. */
const MAX_ENTRIES = 4_096;

/** @param now monotonic milliseconds */
export function createTargetObservations({ now }: { readonly now: () => number }): TargetObservations {
  const byTarget = new Map<string, Map<string, TargetObservation>>();
  let size = 0;

  function find({ healthId }: ObservedTarget, upstreamModel: string | undefined): TargetObservation | undefined {
    return byTarget.get(healthId)?.get(upstreamModel ?? '');
  }

  function makeRoom(): void {
    const idle = [...byTarget.values()].flatMap((models) => [...models.values()]).filter((one) => one.inFlight === 0);
    const usedAt = idle.map((one) => one.usedAt).sort((left, right) => left - right);
    const latest = usedAt[Math.floor(usedAt.length / 4)] ?? Number.POSITIVE_INFINITY;
    for (const [healthId, models] of byTarget) {
      for (const [model, entry] of models) {
        if (entry.inFlight > 0 || entry.usedAt > latest) continue;
        entry.isKept = false;
        models.delete(model);
        size--;
      }
      if (models.size === 0) byTarget.delete(healthId);
    }
  }

  return {
    find,
    of(target, upstreamModel) {
      const known = find(target, upstreamModel);
      if (known !== undefined) return known;
      if (size >= MAX_ENTRIES) makeRoom();
      const created = new TargetObservation(now());
      // With all of them in use the newcomer is not kept: what it sees is lost, and nothing grows.
      if (size >= MAX_ENTRIES) return forgotten(created);
      const models = byTarget.get(target.healthId) ?? new Map<string, TargetObservation>();
      models.set(upstreamModel ?? '', created);
      byTarget.set(target.healthId, models);
      size++;
      return created;
    },
    routeLatency: createRouteLatencies({ now }).of,
  };
}

function forgotten(entry: TargetObservation): TargetObservation {
  entry.isKept = false;
  return entry;
}

/** One target under one model's name. Every `began` is followed by one `ended`. */
export class TargetObservation {
  /** False once it was thrown away; whoever holds it looks again. */
  isKept = true;
  /** Attempts that run. */
  inFlight = 0;
  /** When an attempt last began, monotonic milliseconds. */
  usedAt: number;
  /** It has not failed since it last answered. */
  isTrusted = true;
  /** Milliseconds since it last failed in which it was asked in vain by who had too little time for it. */
  silentMs = 0;
  readonly #streams = new AnswerPace();
  readonly #wholes = new AnswerPace();
  readonly #limits = new RateLimitLeft();

  constructor(now: number) {
    this.usedAt = now;
  }

  began({ stream, inputTokens, outputTokens }: Asked, now: number): void {
    this.inFlight++;
    this.usedAt = now;
    this.#paceOf(stream).began(now);
    this.#limits.began(inputTokens + outputTokens, now);
  }

  /** The first token of a stream came, so many milliseconds after the attempt began. */
  firstToken(ms: number, now: number): void {
    this.#streams.answered(ms, now);
  }

  ended({ stream, hadFirstToken, outcome, ms }: ObservedEnd, now: number): void {
    this.inFlight--;
    if (outcome !== 'abandoned') {
      this.isTrusted = outcome === 'answered';
      this.silentMs = 0;
    }
    const pace = this.#paceOf(stream);
    if (stream && hadFirstToken) {
      if (outcome === 'failed') pace.broke(ms, now);
    } else if (outcome === 'answered') pace.answered(ms, now);
    else if (outcome === 'failed') pace.failed(ms, now);
    else pace.abandoned();
  }

  /** What the headers of an answer say. */
  rateLimits(reading: RateLimitReading, now: number): void {
    this.#limits.read(reading, now);
  }

  /** Milliseconds to the first token of a stream, or to the whole of another answer; 0 where nothing is known. */
  expectedMs(stream: boolean, now: number): number {
    return this.#paceOf(stream).expectedMs(now);
  }

  /** The share of the scarcer quota that this request would leave, 1 being all; undefined where nothing is known. */
  quotaAfter({ inputTokens, outputTokens, now }: Pick<PickFacts, 'inputTokens' | 'outputTokens' | 'now'>) {
    return this.#limits.shareAfter(inputTokens + outputTokens, now);
  }

  #paceOf(stream: boolean): AnswerPace {
    return stream ? this.#streams : this.#wholes;
  }
}

/** What counts of a request when it is sent. */
export type Asked = Pick<PickFacts, 'stream' | 'inputTokens' | 'outputTokens'>;
