import type { Clock } from '../canonical/clock.ts';
import { BreakerTable } from './breaker-table.ts';
import type { HealthContext } from './breaker-timing.ts';
import type { FailureKind } from './failure.ts';
import type {
  FailureNews,
  HealthListener,
  HealthRegistry,
  HealthRegistryInput,
  HealthSubject,
  ProbeReport,
} from './health.ts';
import { HealthHistory, type Standing, standingOf } from './health-history.ts';
import { defaultHealthSettings, type HealthSettings } from './health-settings.ts';
import {
  type BreakerState,
  type EventScope,
  type HealthEvent,
  type HealthRecord,
  type HealthStatus,
  type HealthTransition,
  judgeProbe,
} from './health-state.ts';
import { TargetHealth } from './health-target.ts';

/** The health of all targets in one process. */
export class HealthTable implements HealthRegistry {
  readonly #clock: Pick<Clock, 'now' | 'wallNow'>;
  readonly #context: HealthContext;
  readonly #targets = new Map<string, TargetHealth>();
  readonly #breakers: BreakerTable;
  readonly #history: HealthHistory;
  readonly #listeners = new Set<HealthListener>();
  /** When the last share that grows back will be whole; nobody needs to be looked up after it. */
  #rampsUntil = 0;

  constructor(input: HealthRegistryInput) {
    this.#clock = input.clock;
    this.#context = {
      settings: { ...defaultHealthSettings, ...input.settings },
      random: input.random,
      wallNow: () => input.clock.wallNow(),
    };
    this.#breakers = new BreakerTable(this.#context);
    this.#history = new HealthHistory(input, () => this.#context.settings.historyLength);
  }

  isUsable(id: string, model?: string): boolean {
    const target = this.#targets.get(id);
    return target === undefined || target.isPlain || target.isUsable(model, this.#clock.now());
  }

  canTry(id: string, model?: string): boolean {
    const target = this.#targets.get(id);
    return target !== undefined && !target.isPlain && target.canTry(model, this.#clock.now());
  }

  beginTrial(id: string, model?: string): boolean {
    if (!this.canTry(id, model)) return false;
    this.forceTrial(id, model);
    return true;
  }

  forceTrial(id: string, model?: string): void {
    if (!this.#targets.get(id)?.isOut(model)) return;
    this.#dispatch({ type: 'trial', id, model, scope: 'both', step: 'begin' });
  }

  abandonTrial(id: string, startedAt?: number, model?: string): void {
    const target = this.#targets.get(id);
    const scope = target && scopeOf(target, model, startedAt);
    if (scope !== undefined) this.#dispatch({ type: 'trial', id, model, scope, step: 'abandon' });
  }

  rampShare(id: string, model: string | undefined, now: number): number {
    if (now >= this.#rampsUntil) return 1;
    return this.#targets.get(id)?.rampShare(model, now) ?? 1;
  }

  leastBad(ids: readonly string[]): string | undefined {
    return ids[this.leastBadIndex(ids.map((id) => ({ id, model: undefined })))];
  }

  leastBadIndex(subjects: readonly HealthSubject[]): number {
    const now = this.#clock.now();
    let best = -1;
    let shortestMs = Number.POSITIVE_INFINITY;
    let longestAgo = Number.POSITIVE_INFINITY;
    for (const [index, { id, model }] of subjects.entries()) {
      const target = this.#targets.get(id);
      const state = target?.verdict.state;
      if (state === 'quota' || state === 'misconfigured') continue;
      const waitMs = target?.waitMs(model, now) ?? 0;
      const failedAt = target?.verdict.lastFailureAt ?? 0;
      if (waitMs > shortestMs || (waitMs === shortestMs && failedAt >= longestAgo)) continue;
      best = index;
      shortestMs = waitMs;
      longestAgo = failedAt;
    }
    return best;
  }

  reportSuccess(id: string, startedAt?: number, model?: string): void {
    const target = this.#targets.get(id) ?? this.#create(id);
    target.window.succeed(startedAt ?? this.#clock.now());
    if (target.isCalm || (target.verdict.calm && target.breakerOf(model) === undefined)) return;
    const scope = scopeOf(target, model, startedAt);
    if (scope !== undefined) this.#dispatch({ type: 'success', id, model, scope, successes: 0 });
  }

  reportFailure(id: string, kind: FailureKind, startedAt?: number, news?: FailureNews): void {
    const target = this.#targets.get(id) ?? this.#create(id);
    const model = news?.model;
    const scope = scopeOf(target, model, startedAt);
    if (scope === undefined) return;
    const retryAfterMs = news?.retryAfterMs;
    this.#dispatch({ type: 'failure', id, model, scope, failure: kind, retryAfterMs, successes: 0 });
  }

  reportProbe(id: string, report: ProbeReport): void {
    const { failureThreshold, successThreshold } = report;
    this.#dispatch({ type: 'probe', id, verdict: judgeProbe(report.outcome), failureThreshold, successThreshold });
  }

  waitMs(id: string, model?: string): number {
    return this.#targets.get(id)?.waitMs(model, this.#clock.now()) ?? 0;
  }

  retryAfterMs(ids: Iterable<string>): number {
    let soonest = Number.POSITIVE_INFINITY;
    for (const id of ids) soonest = Math.min(soonest, this.waitMs(id));
    return Number.isFinite(soonest) ? Math.ceil(soonest) : 0;
  }

  statusOf(id: string): HealthStatus {
    return this.#targets.get(id)?.statusAt(this.#clock.now()) ?? 'unknown';
  }

  breakerState(id: string, model?: string): BreakerState {
    return this.#targets.get(id)?.breakerStateAt(model, this.#clock.now()) ?? 'closed';
  }

  recordOf(id: string): HealthRecord | undefined {
    return this.#targets.get(id)?.record(this.#clock.now(), this.#history.of(id));
  }

  history(id: string): readonly HealthTransition[] {
    return this.#history.of(id);
  }

  snapshot(): readonly HealthRecord[] {
    const now = this.#clock.now();
    return Array.from(this.#targets, ([id, target]) => target.record(now, this.#history.of(id)));
  }

  configure(settings: Partial<HealthSettings>): void {
    const now = this.#clock.now();
    this.#context.settings = { ...this.#context.settings, ...settings };
    if (this.#context.settings.isBreakerOn) return;
    for (const target of this.#targets.values()) {
      const before = standingOf(target.verdict, target.breakers());
      target.pardon(now);
      const transitions = this.#note(before);
      const models = before.breakers.map(({ breaker }) => breaker.model);
      this.#tellRecord(target, transitions, models);
    }
  }

  apply(records: readonly HealthRecord[]): void {
    const now = this.#clock.now();
    for (const record of records) {
      const { id } = record;
      const target = this.#targets.get(id) ?? this.#create(id);
      const before = standingOf(target.verdict, []);
      target.adopt(record, now);
      this.#history.confirm(id, record.transitions);
      this.#awaitRamps(target, [undefined, ...record.models.map(({ model }) => model)]);
      this.#history.announce(before);
    }
  }

  receive(event: HealthEvent): void {
    const target = this.#targets.get(event.id) ?? this.#create(event.id);
    if ('successes' in event) target.window.add(event.successes, this.#clock.now());
    // Who sent it believes that it changed something; where it did not, it has to hear what is so.
    if (!this.#change(event)) this.#tellRecord(target, [], modelsOf(event));
  }

  retain(ids: Iterable<string>): void {
    const kept = new Set(ids);
    for (const id of this.#targets.keys()) if (!kept.has(id)) this.#forget(id);
  }

  listen(listener: HealthListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #dispatch(event: HealthEvent): void {
    if (!this.#change(event)) return;
    for (const listener of this.#listeners) listener.event?.(this.#withSuccesses(event));
  }

  #withSuccesses(event: HealthEvent): HealthEvent {
    if (!('successes' in event)) return event;
    return { ...event, successes: this.#targets.get(event.id)?.window.takeUntold() ?? 0 };
  }

  /** Whether the event changed what is known. */
  #change(event: HealthEvent): boolean {
    const target = this.#targets.get(event.id) ?? this.#create(event.id);
    const { version } = target;
    const models = modelsOf(event);
    const before = standingOf(target.verdict, known(models.map((model) => target.breakerOf(model))));
    target.handle(event, this.#clock.now());
    if (target.version === version) return false;
    // A breaker that was made by this event was closed before it.
    const [breaker] = known(models.map((model) => target.breakerOf(model)));
    const isNew = breaker !== undefined && before.breakers.length === 0;
    const complete = isNew ? { ...before, breakers: [{ breaker, wasOpen: false, since: undefined }] } : before;
    this.#awaitRamps(target, [undefined, ...models]);
    this.#tellRecord(target, this.#note(complete), models);
    return true;
  }

  #note(before: Standing): readonly HealthTransition[] {
    // What a process that follows another decides by itself holds until it hears what is decided.
    const isFollower = [...this.#listeners].some(({ event }) => event !== undefined);
    return this.#history.note(before, isFollower ? 'provisional' : 'decided');
  }

  #tellRecord(target: TargetHealth, transitions: readonly HealthTransition[], models: readonly string[]): void {
    if (this.#listeners.size === 0) return;
    const now = this.#clock.now();
    const ofModels = models.map((model) => target.recordOfModel(model, now));
    const record = target.record(now, transitions, ofModels);
    for (const listener of this.#listeners) listener.record?.(record);
  }

  #awaitRamps(target: TargetHealth, models: readonly (string | undefined)[]): void {
    for (const model of models) this.#rampsUntil = Math.max(this.#rampsUntil, target.rampUntil(model));
  }

  #create(id: string): TargetHealth {
    if (this.#targets.size >= this.#context.settings.maxTargets) {
      for (const oldest of this.#targets.keys()) {
        this.#forget(oldest);
        break;
      }
    }
    const target = new TargetHealth(id, this.#context, this.#breakers);
    this.#targets.set(id, target);
    return target;
  }

  #forget(id: string): void {
    this.#targets.delete(id);
    this.#breakers.drop(id);
    this.#history.forget(id);
  }
}

function modelsOf(event: HealthEvent): string[] {
  return event.type === 'probe' || event.model === undefined ? [] : [event.model];
}

function known<Item>(items: readonly (Item | undefined)[]): Item[] {
  return items.filter((item) => item !== undefined);
}

/** Of whom an attempt that began then says something; undefined when of nobody. */
function scopeOf(
  target: TargetHealth,
  model: string | undefined,
  startedAt: number | undefined,
): EventScope | undefined {
  const isStale = startedAt !== undefined && target.verdict.timing.isStale(startedAt);
  if (model === undefined) return isStale ? undefined : 'target';
  if (startedAt === undefined) return 'both';
  const isStaleForModel = target.breakerOf(model)?.timing.isStale(startedAt) ?? isStale;
  if (isStale) return isStaleForModel ? undefined : 'model';
  return isStaleForModel ? 'target' : 'both';
}
