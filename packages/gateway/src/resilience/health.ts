import type { Clock } from '../canonical/clock.ts';
import type { FailureKind } from './failure.ts';
import type { HealthSettings } from './health-settings.ts';
import type {
  BreakerState,
  HealthEvent,
  HealthRecord,
  HealthStatus,
  HealthTransition,
  ProbeOutcome,
} from './health-state.ts';
import { HealthTable } from './health-table.ts';

export type { HealthSettings } from './health-settings.ts';
export type {
  BreakerState,
  HealthEvent,
  HealthRecord,
  HealthStatus,
  HealthTransition,
  ProbeOutcome,
} from './health-state.ts';

export interface HealthRegistryInput {
  readonly clock: Pick<Clock, 'now' | 'wallNow'>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly settings?: Partial<HealthSettings>;
  /** Called at each change of a target's state, for the log. */
  readonly onChange: (transition: HealthTransition) => void;
  /** The same for each model whose breaker opens or closes. */
  readonly onModelChange?: (transition: HealthTransition) => void;
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

/** A target, by its health id, and what it would be asked for. */
export interface HealthSubject {
  readonly id: string;
  /** The upstream's name; undefined when the request needs none. */
  readonly model: string | undefined;
}

/** What a failed attempt tells besides its kind. */
export interface FailureNews {
  readonly model?: string | undefined;
  /** Milliseconds that the upstream asked to wait. */
  readonly retryAfterMs?: number | undefined;
}

/**
 * What is known of the health of each target, by its health id, and of the models it was asked for. Failures to connect,
 * quota, credentials and probes are the target's; other failures are those of the model alone. One registry decides (in
 * the primary process); others are replicas that believe their own eyes at once and the decider as soon as they hear
 * from it.
 *
 * Where `model` is left out, the target as a whole is meant.
 */
export interface HealthRegistry {
  /** Whether requests may be sent there. An id or a model never heard of is usable. */
  isUsable(id: string, model?: string): boolean;
  /** Whether it is out, its cool-down is over and nobody is trying it. */
  canTry(id: string, model?: string): boolean;
  /**
   * Claims the one trial of what `canTry`; false when it cannot. Who got true must report success or failure of the same
   * model, or abandon the trial.
   */
  beginTrial(id: string, model?: string): boolean;
  /** Makes the next report decide although the cool-down lasts: for the least bad target when all are out. */
  forceTrial(id: string, model?: string): void;
  /** Ends a trial that came to no verdict, such as one whose caller left. */
  abandonTrial(id: string, startedAt?: number, model?: string): void;
  /**
   * The share of its traffic, in [0, 1], that something should get: less than 1 while it grows back after an outage, 0
   * while it limits its rate and did not say for how long.
   * `now` is monotonic.
   */
  rampShare(id: string, model: string | undefined, now: number): number;
  /**
   * Of targets that are all out, the one to try anyway, because a guess about health may be wrong: the one whose
   * cool-down ends first, and of equals the one that failed longest ago. Undefined when each is out for quota or
   * credentials, which another try does not change.
   */
  leastBad(ids: readonly string[]): string | undefined;
  /** The same for targets with the models they would be asked for; answers an index, -1 when there is none. */
  leastBadIndex(subjects: readonly HealthSubject[]): number;
  /**
   * Reports how an attempt ended, at the end of its answer. `startedAt` (monotonic milliseconds, taken after
   * `beginTrial`) keeps attempts that began before the current trial, or before the target came back, from being taken
   * for news; left out, it is news.
   */
  reportSuccess(id: string, startedAt?: number, model?: string): void;
  reportFailure(id: string, kind: FailureKind, startedAt?: number, news?: FailureNews): void;
  reportProbe(id: string, report: ProbeReport): void;
  /** Milliseconds until it could be used or tried. */
  waitMs(id: string, model?: string): number;
  /** The shortest wait of these; 0 when none is given. */
  retryAfterMs(ids: Iterable<string>): number;
  /** The state of a target as people read it. */
  statusOf(id: string): HealthStatus;
  breakerState(id: string, model?: string): BreakerState;
  /** What is known of one target; undefined when nothing is. */
  recordOf(id: string): HealthRecord | undefined;
  /** The last transitions of a target and of its models, oldest first. */
  history(id: string): readonly HealthTransition[];
  /** Everything known, to start a replica with or to show. */
  snapshot(): readonly HealthRecord[];
  /** Takes over settings of a new configuration; what is known stays. */
  configure(settings: Partial<HealthSettings>): void;
  /** Replaces what is known by what the decider says. */
  apply(records: readonly HealthRecord[]): void;
  /** Takes in what another process saw, and tells what is known after it. */
  receive(event: HealthEvent): void;
  /** Forgets every target but these; called after a reload. */
  retain(ids: Iterable<string>): void;
  /** Returns what ends the listening. */
  listen(listener: HealthListener): () => void;
}

export function createHealthRegistry(input: HealthRegistryInput): HealthRegistry {
  return new HealthTable(input);
}
