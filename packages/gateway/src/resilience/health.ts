import type { Clock } from '../canonical/clock.ts';
import type { FailureKind } from './failure.ts';
import { HealthEntry } from './health-entry.ts';
import {
  defaultHealthSettings,
  type HealthEvent,
  type HealthRecord,
  type HealthSettings,
  type HealthTransition,
  judgeProbe,
  type ProbeOutcome,
} from './health-state.ts';

export type {
  HealthEvent,
  HealthRecord,
  HealthSettings,
  HealthTransition,
  ProbeOutcome,
} from './health-state.ts';

export interface HealthRegistryInput {
  readonly clock: Pick<Clock, 'now' | 'wallNow'>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly settings?: Partial<HealthSettings>;
  /** Called at each change of state, for the log. */
  readonly onChange: (transition: HealthTransition) => void;
}

/** Who keeps other processes' registries in step. */
export interface HealthListener {
  /** Something seen in this process that changed what is known. */
  readonly event?: (event: HealthEvent) => void;
  /** What is known of a target after a change, whoever saw it. */
  readonly record?: (record: HealthRecord) => void;
}

export interface ProbeReport {
  readonly outcome: ProbeOutcome;
  readonly failureThreshold: number;
  readonly successThreshold: number;
}

/**
 * What is known of the health of each target, by its health id. One registry decides (in the primary process); others
 * are replicas that believe their own eyes at once and the decider as soon as they hear from it.
 */
export interface HealthRegistry {
  /** Whether requests may be sent there. An id never heard of is usable. */
  isUsable(id: string): boolean;
  /** Whether it is out, its cool-down is over and nobody is trying it. */
  canTry(id: string): boolean;
  /**
   * Claims the one trial of a target that `canTry`; false when it cannot. Who got true must report success or failure,
   * or abandon the trial.
   */
  beginTrial(id: string): boolean;
  /** Makes the next report decide although the cool-down lasts: for the least bad target when all are out. */
  forceTrial(id: string): void;
  /** Ends a trial that came to no verdict, such as one whose caller left. */
  abandonTrial(id: string, startedAt?: number): void;
  /**
   * Of targets that are all out, the one to try anyway, because a guess about health may be wrong: the one whose
   * cool-down ends first. Undefined when each is out for quota or credentials, which another try does not change.
   */
  leastBad(ids: readonly string[]): string | undefined;
  /**
   * Reports how an attempt ended. `startedAt` (monotonic milliseconds, taken after `beginTrial`) keeps attempts that
   * began before the current trial, or before the target came back, from being taken for news; left out, it is news.
   */
  reportSuccess(id: string, startedAt?: number): void;
  reportFailure(id: string, kind: FailureKind, startedAt?: number): void;
  reportProbe(id: string, report: ProbeReport): void;
  /** Milliseconds until one of these could be used or tried; 0 when one can be now or none is given. */
  retryAfterMs(ids: Iterable<string>): number;
  /** What is known of one target; undefined when nothing is. */
  recordOf(id: string): HealthRecord | undefined;
  /** The last transitions of a target, oldest first. */
  history(id: string): readonly HealthTransition[];
  /** Everything known, to start a replica with or to show. */
  snapshot(): readonly HealthRecord[];
  /** Replaces what is known by what the decider says. */
  apply(records: readonly HealthRecord[]): void;
  /** Takes in what another process saw. */
  receive(event: HealthEvent): void;
  /** Forgets every target but these; called after a reload. */
  retain(ids: Iterable<string>): void;
  /** Returns what ends the listening. */
  listen(listener: HealthListener): () => void;
}

export function createHealthRegistry(input: HealthRegistryInput): HealthRegistry {
  return new EntryTable(input);
}

class EntryTable implements HealthRegistry {
  readonly #clock: Pick<Clock, 'now' | 'wallNow'>;
  readonly #random: () => number;
  readonly #settings: HealthSettings;
  readonly #onChange: (transition: HealthTransition) => void;
  readonly #entries = new Map<string, HealthEntry>();
  readonly #histories = new Map<string, HealthTransition[]>();
  readonly #listeners = new Set<HealthListener>();

  constructor(input: HealthRegistryInput) {
    this.#clock = input.clock;
    this.#random = input.random;
    this.#settings = { ...defaultHealthSettings, ...input.settings };
    this.#onChange = input.onChange;
  }

  isUsable(id: string): boolean {
    const entry = this.#entries.get(id);
    return entry === undefined || entry.isUsable;
  }

  canTry(id: string): boolean {
    return this.#entries.get(id)?.canTry(this.#clock.now()) ?? false;
  }

  beginTrial(id: string): boolean {
    if (!this.canTry(id)) return false;
    this.forceTrial(id);
    return true;
  }

  forceTrial(id: string): void {
    if (!this.isUsable(id)) this.#dispatch({ type: 'trial', id, step: 'begin' });
  }

  abandonTrial(id: string, startedAt?: number): void {
    if (this.#entries.has(id) && !this.#isStale(id, startedAt)) this.#dispatch({ type: 'trial', id, step: 'abandon' });
  }

  leastBad(ids: readonly string[]): string | undefined {
    const now = this.#clock.now();
    let best: string | undefined;
    let shortest = Number.POSITIVE_INFINITY;
    for (const id of ids) {
      const entry = this.#entries.get(id);
      if (entry?.state === 'quota' || entry?.state === 'misconfigured') continue;
      const waitMs = entry?.waitMs(now) ?? 0;
      if (waitMs < shortest) {
        shortest = waitMs;
        best = id;
      }
    }
    return best;
  }

  reportSuccess(id: string, startedAt?: number): void {
    if (this.#entries.get(id)?.calm === true || this.#isStale(id, startedAt)) return;
    this.#dispatch({ type: 'success', id });
  }

  reportFailure(id: string, kind: FailureKind, startedAt?: number): void {
    if (!this.#isStale(id, startedAt)) this.#dispatch({ type: 'failure', id, failure: kind });
  }

  reportProbe(id: string, report: ProbeReport): void {
    const { failureThreshold, successThreshold } = report;
    this.#dispatch({ type: 'probe', id, verdict: judgeProbe(report.outcome), failureThreshold, successThreshold });
  }

  retryAfterMs(ids: Iterable<string>): number {
    const now = this.#clock.now();
    let soonest = Number.POSITIVE_INFINITY;
    for (const id of ids) soonest = Math.min(soonest, this.#entries.get(id)?.waitMs(now) ?? 0);
    return Number.isFinite(soonest) ? Math.ceil(soonest) : 0;
  }

  recordOf(id: string): HealthRecord | undefined {
    return this.#entries.get(id)?.record(this.#clock.now());
  }

  history(id: string): readonly HealthTransition[] {
    return this.#histories.get(id) ?? [];
  }

  snapshot(): readonly HealthRecord[] {
    const now = this.#clock.now();
    return Array.from(this.#entries.values(), (entry) => entry.record(now));
  }

  apply(records: readonly HealthRecord[]): void {
    const now = this.#clock.now();
    for (const record of records) {
      const entry = this.#entries.get(record.id) ?? this.#create(record.id);
      const from = entry.state;
      entry.adopt(record, now);
      this.#note(entry, from);
    }
  }

  receive(event: HealthEvent): void {
    this.#change(event);
  }

  retain(ids: Iterable<string>): void {
    const kept = new Set(ids);
    for (const id of this.#entries.keys()) if (!kept.has(id)) this.#forget(id);
  }

  listen(listener: HealthListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #isStale(id: string, startedAt: number | undefined): boolean {
    return startedAt !== undefined && this.#entries.get(id)?.isStale(startedAt) === true;
  }

  #dispatch(event: HealthEvent): void {
    if (!this.#change(event)) return;
    for (const listener of this.#listeners) listener.event?.(event);
  }

  /** Whether the event changed what is known. */
  #change(event: HealthEvent): boolean {
    const entry = this.#entries.get(event.id) ?? this.#create(event.id);
    const { state, version } = entry;
    const now = this.#clock.now();
    entry.handle(event, now);
    if (entry.version === version) return false;
    this.#note(entry, state);
    if (this.#listeners.size > 0) {
      const record = entry.record(now);
      for (const listener of this.#listeners) listener.record?.(record);
    }
    return true;
  }

  #note(entry: HealthEntry, from: HealthTransition['from']): void {
    if (entry.state === from) return;
    const { id, state: to, reason, failure } = entry;
    const transition: HealthTransition = { id, from, to, reason, failure, at: this.#clock.wallNow() };
    const history = this.#histories.get(id) ?? [];
    history.push(transition);
    if (history.length > this.#settings.historyLength) history.shift();
    this.#histories.set(id, history);
    this.#onChange(transition);
  }

  #create(id: string): HealthEntry {
    if (this.#entries.size >= this.#settings.maxTargets) {
      for (const oldest of this.#entries.keys()) {
        this.#forget(oldest);
        break;
      }
    }
    const context = { settings: this.#settings, random: this.#random, wallNow: () => this.#clock.wallNow() };
    const entry = new HealthEntry(id, context);
    this.#entries.set(id, entry);
    return entry;
  }

  #forget(id: string): void {
    this.#entries.delete(id);
    this.#histories.delete(id);
  }
}
