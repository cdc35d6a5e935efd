import { type Breaker, calmRecord } from './breaker.ts';
import type { BreakerTable } from './breaker-table.ts';
import type { HealthContext } from './breaker-timing.ts';
import { HealthEntry } from './health-entry.ts';
import { evidenceOf } from './health-evidence.ts';
import type {
  BreakerState,
  HealthEvent,
  HealthRecord,
  HealthStatus,
  HealthTransition,
  ModelRecord,
} from './health-state.ts';
import { HealthWindow } from './health-window.ts';

type SuccessEvent = Extract<HealthEvent, { type: 'success' }>;
type FailureEvent = Extract<HealthEvent, { type: 'failure' }>;
type TrialEvent = Extract<HealthEvent, { type: 'trial' }>;

/** All that is known of one target: the verdict on the whole of it, and the breakers of its models. */
export class TargetHealth {
  readonly verdict: HealthEntry;
  readonly window = new HealthWindow();
  /** Usable for every model, whatever time it is; lets the request path skip the rest. */
  isPlain = true;
  /** Plain, and nothing that a success could change. */
  isCalm = false;
  readonly #id: string;
  readonly #context: HealthContext;
  readonly #table: BreakerTable;
  #modelChanges = 0;

  constructor(id: string, context: HealthContext, table: BreakerTable) {
    this.verdict = new HealthEntry(id, context);
    this.#id = id;
    this.#context = context;
    this.#table = table;
  }

  /** Counts changes, so that a registry knows when to tell others. */
  get version(): number {
    return this.verdict.version + this.#modelChanges;
  }

  breakerOf(model: string | undefined): Breaker | undefined {
    return model === undefined ? undefined : this.#table.of(this.#id)?.get(model);
  }

  breakers(): readonly Breaker[] {
    return [...(this.#table.of(this.#id)?.values() ?? [])];
  }

  isUsable(model: string | undefined, now: number): boolean {
    const { isUsable, timing } = this.verdict;
    if (!isUsable || timing.isCooling(now)) return false;
    if (this.#table.of(this.#id) === undefined) this.#refresh(now);
    return this.breakerOf(model)?.isUsable(now) ?? true;
  }

  /** Whether the target or the model is out, as opposed to merely told to wait. */
  isOut(model: string | undefined): boolean {
    return !this.verdict.isUsable || this.breakerOf(model)?.isOpen === true;
  }

  /** Whether one request may be sent to find out if what is out is back. */
  canTry(model: string | undefined, now: number): boolean {
    const { timing } = this.verdict;
    const breaker = this.breakerOf(model);
    if (!this.isOut(model) || timing.isCooling(now) || breaker?.timing.isCooling(now)) return false;
    if (!this.verdict.isUsable && !this.verdict.canTry(now)) return false;
    return breaker === undefined || !breaker.isOpen || breaker.timing.allowsTrial(now);
  }

  waitMs(model: string | undefined, now: number): number {
    return Math.max(this.verdict.waitMs(now), this.breakerOf(model)?.waitMs(now) ?? 0);
  }

  rampShare(model: string | undefined, now: number): number {
    return Math.min(this.verdict.timing.rampShare(now), this.breakerOf(model)?.rampShare(now) ?? 1);
  }

  rampUntil(model: string | undefined): number {
    return Math.max(this.verdict.timing.rampUntil, this.breakerOf(model)?.rampUntil ?? 0);
  }

  statusAt(now: number): HealthStatus {
    const { isUsable, state, timing } = this.verdict;
    if (!isUsable) return state;
    const isPartlyOut = this.breakers().some((breaker) => {
      return (breaker.isOpen && !breaker.isForgettable(now)) || breaker.rampShare(now) < 1;
    });
    const isHeldBack = isPartlyOut || timing.isCooling(now) || timing.rampShare(now) < 1;
    return isHeldBack || this.window.isFailing(now) ? 'degraded' : state;
  }

  breakerStateAt(model: string | undefined, now: number): BreakerState {
    if (!this.isOut(model)) return 'closed';
    const breaker = this.breakerOf(model);
    const { allowsTrial, isUsable, timing } = this.verdict;
    const mayTarget = isUsable || (allowsTrial && timing.isCoolDownOver(now));
    const mayModel = !breaker?.isOpen || breaker.timing.isCoolDownOver(now);
    return mayTarget && mayModel ? 'half_open' : 'open';
  }

  handle(event: HealthEvent, now: number): void {
    const wasUsable = this.verdict.isUsable;
    if (event.type === 'success') this.#succeed(event, now);
    else if (event.type === 'failure') this.#fail(event, now);
    else if (event.type === 'trial') this.#try(event, now);
    else this.verdict.probe(event, now);
    this.#settle(wasUsable, now);
  }

  /** Failed requests take nothing out any more. */
  pardon(now: number): void {
    const wasUsable = this.verdict.isUsable;
    this.verdict.pardon(now);
    for (const breaker of this.breakers()) {
      breaker.close('settings', now);
      if (!breaker.timing.isCooling(now)) this.#table.drop(this.#id, breaker.model);
    }
    this.#modelChanges += 1;
    this.#settle(wasUsable, now);
  }

  record(now: number, transitions: readonly HealthTransition[], models?: readonly ModelRecord[]): HealthRecord {
    return {
      ...this.verdict.record(now),
      recent: this.window.counts(now),
      models: models ?? this.breakers().map((breaker) => breaker.record(now)),
      transitions,
    };
  }

  recordOfModel(model: string, now: number): ModelRecord {
    return this.breakerOf(model)?.record(now) ?? calmRecord(model);
  }

  /** Takes over what the deciding process says. */
  adopt(record: HealthRecord, now: number): void {
    const wasUsable = this.verdict.isUsable;
    this.verdict.adopt(record, now);
    this.window.adopt(record.recent, now);
    for (const model of record.models) {
      const breaker = this.breakerOf(model.model) ?? this.#table.claim(this.#id, model.model, now);
      breaker?.adopt(model, now);
    }
    this.#settle(wasUsable, now);
  }

  #settle(wasUsable: boolean, now: number): void {
    const { verdict } = this;
    verdict.settle(wasUsable, now);
    for (const breaker of this.breakers()) {
      if (breaker.isForgettable(now)) this.#table.drop(this.#id, breaker.model);
    }
    this.#refresh(now);
  }

  #refresh(now: number): void {
    const { calm, isUsable, timing } = this.verdict;
    this.isPlain = isUsable && !timing.isCooling(now) && this.#table.of(this.#id) === undefined;
    this.isCalm = this.isPlain && calm;
  }

  #succeed({ model, scope }: SuccessEvent, now: number): void {
    if (scope !== 'model') this.verdict.succeed(now);
    const breaker = scope === 'target' ? undefined : this.breakerOf(model);
    if (breaker !== undefined) this.#tell(breaker, now, () => breaker.succeed(now));
  }

  #fail(event: FailureEvent, now: number): void {
    const { failure, model, retryAfterMs, scope } = event;
    const evidence = evidenceOf(failure);
    if (evidence === 'model' || evidence === 'target') {
      this.window.fail(now);
      this.verdict.lastFailureAt = this.#context.wallNow();
    }
    const breaker = scope === 'target' ? undefined : this.#breakerFor(event, now);
    if (breaker !== undefined) {
      this.#tell(breaker, now, () => {
        if (failure === 'rate_limited') {
          if (retryAfterMs === undefined) breaker.spare(now);
          else breaker.cool(retryAfterMs, now);
        }
        breaker.fail(failure, now);
      });
    }
    if (scope === 'model') return;
    // Where so many models fail that no more can be kept apart, the target has to answer for them.
    const isUnkept = evidence === 'model' && scope === 'both' && breaker === undefined;
    const isOfTarget = model === undefined || evidence === 'target' || evidence === 'account' || isUnkept;
    if (isOfTarget) this.verdict.fail(failure, retryAfterMs, now);
    else this.verdict.failForModel(failure, now);
  }

  /** The breaker that a failure is for: the model's own, or a new one where there is something to remember. */
  #breakerFor({ failure, model, retryAfterMs }: FailureEvent, now: number): Breaker | undefined {
    if (model === undefined) return undefined;
    const { isBreakerOn } = this.#context.settings;
    const isRateLimit = failure === 'rate_limited' && (retryAfterMs !== undefined || isBreakerOn);
    const isCounted = evidenceOf(failure) === 'model' && isBreakerOn;
    return isRateLimit || isCounted ? this.#table.claim(this.#id, model, now) : this.breakerOf(model);
  }

  #try({ model, scope, step }: TrialEvent, now: number): void {
    const { verdict } = this;
    const breaker = scope === 'target' ? undefined : this.breakerOf(model);
    if (step === 'begin') {
      if (scope !== 'model') verdict.beginTrial(now);
      if (breaker !== undefined) this.#tell(breaker, now, () => breaker.beginTrial(now));
      return;
    }
    if (scope !== 'model') verdict.endTrial();
    if (breaker !== undefined) this.#tell(breaker, now, () => breaker.endTrial());
  }

  /** Tells a model's breaker something, and the target what became of it. */
  #tell(breaker: Breaker, now: number, tell: () => void): void {
    const { isOpen: wasOpen, version } = breaker;
    tell();
    if (breaker.version !== version) this.#modelChanges += 1;
    if (!wasOpen && breaker.failure !== undefined && breaker.isOpen) this.verdict.hearModelOpened(breaker.failure, now);
    if (wasOpen && !breaker.isOpen) this.verdict.hearModelClosed();
  }
}
