import type { Clock } from '../canonical/clock.ts';
import type { AttemptRecord, LedgerEntry } from '../canonical/exchange.ts';
import type { FailureKind } from '../resilience/failure.ts';
import { failureTraits } from '../resilience/failure-table.ts';

/** What is counted of a target, in the order in which the counters stand. */
export const routingCounters = [
  /** Requests that were sent there, as attempts of whatever number. */
  'requests',
  /** Those of them that it answered well. */
  'answered',
  /** Those of them that failed there. */
  'failures',
  /** Times that the gateway chose it and did not ask it: no free slot, no limit left, no words for the request. */
  'passed_over',
  /** Requests that it got after another attempt of the same exchange had failed. */
  'retries',
  /** Races that it took part in: two targets were asked at a time, and the first to speak answered. */
  'hedges',
  /** Streams of others, or its own, that it completed after they broke. */
  'recoveries',
  /** Copies that it got because it is only watched; they count nowhere else. */
  'copies',
] as const;

export type RoutingCounter = (typeof routingCounters)[number];
export type RoutingCounts = Readonly<Record<RoutingCounter, number>>;

/** What one target got. */
export interface TargetStats extends RoutingCounts {
  readonly target: string;
  readonly provider: string;
}

/** What was routed where, as one process counted it. Plain data, so that processes can tell each other. */
export interface RoutingStatsSnapshot {
  /** Milliseconds since 1970 since when it counts. */
  readonly from: number;
  readonly targets: readonly TargetStats[];
}

/**
 * Counts what was routed where: since the process began, and by the minute for the last hour. Bounded; a reload changes
 * nothing.
 */
export interface RoutingStats {
  /** Takes in an exchange that is over. */
  note(entry: LedgerEntry): void;
  /** Over the last `windowMs`, an hour at most, in whole minutes; left out: since the process began. */
  snapshot(windowMs?: number): RoutingStatsSnapshot;
  /** Names upstream under which a target was asked lately, at most sixteen. */
  modelsOf(targetId: string): readonly string[];
}

const MINUTE_MS = 60_000;
/** The longest window, in milliseconds. */
export const longestWindowMs = 60 * MINUTE_MS;
/** Minutes kept: those of the longest window, the one that is being counted included, and the one in which it began. */
const MINUTES = longestWindowMs / MINUTE_MS + 1;
/** Targets counted; the one first seen goes first. */
const MOST_TARGETS = 1_024;
const MOST_MODELS = 16;

const [REQUESTS, ANSWERED, FAILURES, PASSED_OVER, RETRIES, HEDGES, RECOVERIES, COPIES] = [0, 1, 2, 3, 4, 5, 6, 7];
const WIDTH = routingCounters.length;

export function createRoutingStats({ clock }: { readonly clock: Pick<Clock, 'now' | 'wallNow'> }): RoutingStats {
  return new StatsTable(clock);
}

class StatsTable implements RoutingStats {
  readonly #clock: Pick<Clock, 'now' | 'wallNow'>;
  readonly #startedAt: number;
  readonly #targets = new Map<string, TargetCounts>();

  constructor(clock: Pick<Clock, 'now' | 'wallNow'>) {
    this.#clock = clock;
    this.#startedAt = clock.wallNow();
  }

  note(entry: LedgerEntry): void {
    const { attempts } = entry;
    if (attempts.length === 0) return;
    const minute = Math.floor(this.#clock.now() / MINUTE_MS);
    if (entry.shadowOf !== undefined) {
      for (const attempt of attempts) this.#of(attempt, minute).add(COPIES);
      return;
    }
    let hasFailed = false;
    let isRace = false;
    for (let index = 0; index < attempts.length; index++) {
      const attempt = attempts[index]!;
      const counts = this.#of(attempt, minute);
      counts.use(attempt.upstreamModel);
      const { outcome } = attempt;
      if (outcome !== 'ok' && isUnsent(outcome)) {
        counts.add(PASSED_OVER);
        continue;
      }
      counts.add(REQUESTS);
      if (hasFailed) counts.add(RETRIES);
      if (outcome === 'ok') counts.add(ANSWERED);
      else if (outcome === 'cancelled') {
        // Who is cancelled while its exchange completes lost a race; otherwise the caller left.
        if (entry.outcome !== 'completed') continue;
        isRace = true;
        counts.add(HEDGES);
      } else {
        counts.add(FAILURES);
        hasFailed = true;
      }
    }
    if (isRace || entry.recovered !== undefined) this.#noteWinner(entry, isRace);
  }

  snapshot(windowMs?: number): RoutingStatsSnapshot {
    const now = this.#clock.now();
    const minute = Math.floor(now / MINUTE_MS);
    const minutes = windowMs === undefined ? undefined : Math.min(MINUTES - 1, Math.ceil(windowMs / MINUTE_MS));
    const sinceMinute = minutes === undefined ? undefined : minute - minutes;
    const windowFrom = sinceMinute === undefined ? 0 : this.#clock.wallNow() - (now - sinceMinute * MINUTE_MS);
    return {
      from: Math.max(this.#startedAt, windowFrom),
      targets: [...this.#targets].map(([target, counts]) => ({
        target,
        provider: counts.provider,
        ...counts.sums(sinceMinute),
      })),
    };
  }

  modelsOf(targetId: string): readonly string[] {
    return [...(this.#targets.get(targetId)?.models ?? [])];
  }

  #noteWinner({ attempts, recovered, targetId }: LedgerEntry, isRace: boolean): void {
    const counts = targetId === undefined ? undefined : this.#targets.get(targetId);
    if (recovered !== undefined) counts?.add(RECOVERIES);
    const isWinner = attempts.some((attempt) => attempt.targetId === targetId && attempt.outcome === 'ok');
    if (isRace && isWinner) counts?.add(HEDGES);
  }

  #of({ provider, targetId }: AttemptRecord, minute: number): TargetCounts {
    let counts = this.#targets.get(targetId);
    if (counts === undefined) {
      if (this.#targets.size >= MOST_TARGETS) this.#targets.delete(this.#targets.keys().next().value!);
      counts = new TargetCounts(provider);
      this.#targets.set(targetId, counts);
    }
    counts.turn(minute);
    return counts;
  }
}

/** The counters of one target: in all, and a row for each of the last minutes. */
class TargetCounts {
  readonly provider: string;
  readonly models = new Set<string>();
  readonly #total = new Float64Array(WIDTH);
  readonly #rows = new Uint32Array(MINUTES * WIDTH);
  readonly #minutes = new Float64Array(MINUTES).fill(Number.NEGATIVE_INFINITY);
  #lastModel: string | undefined;
  #row = 0;
  #minute = Number.NEGATIVE_INFINITY;

  constructor(provider: string) {
    this.provider = provider;
  }

  /** It is this minute now, counted from the clock's zero. */
  turn(minute: number): void {
    if (minute === this.#minute) return;
    this.#minute = minute;
    const slot = minute % MINUTES;
    this.#row = slot * WIDTH;
    this.#rows.fill(0, this.#row, this.#row + WIDTH);
    this.#minutes[slot] = minute;
  }

  add(counter: number): void {
    this.#total[counter]! += 1;
    this.#rows[this.#row + counter]! += 1;
  }

  use(model: string | undefined): void {
    if (model === undefined || model === this.#lastModel) return;
    this.#lastModel = model;
    // Moved to the end, so that the one longest unused goes first.
    this.models.delete(model);
    this.models.add(model);
    if (this.models.size > MOST_MODELS) this.models.delete(this.models.values().next().value!);
  }

  /** From a minute on; left out: all. */
  sums(sinceMinute: number | undefined): RoutingCounts {
    const sums = sinceMinute === undefined ? this.#total : new Float64Array(WIDTH);
    if (sinceMinute !== undefined) {
      for (const [slot, minute] of this.#minutes.entries()) {
        if (minute < sinceMinute) continue;
        for (let counter = 0; counter < WIDTH; counter++) sums[counter]! += this.#rows[slot * WIDTH + counter]!;
      }
    }
    return Object.fromEntries(routingCounters.map((name, counter) => [name, sums[counter]!])) as RoutingCounts;
  }
}

function isUnsent(outcome: string): boolean {
  return failureTraits[outcome as FailureKind]?.isUnsent === true;
}

/** What several processes counted, together: from the time on from which the first of them counts. */
export function mergeRoutingStats(snapshots: readonly RoutingStatsSnapshot[]): RoutingStatsSnapshot {
  const merged = new Map<string, TargetStats>();
  for (const stats of snapshots.flatMap(({ targets }) => targets)) {
    const known = merged.get(stats.target);
    const sums = known && routingCounters.map((name) => [name, known[name] + stats[name]]);
    merged.set(stats.target, sums === undefined ? stats : { ...stats, ...Object.fromEntries(sums) });
  }
  return { from: Math.min(...snapshots.map(({ from }) => from)), targets: [...merged.values()] };
}
