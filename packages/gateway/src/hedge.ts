import type { AttemptManner } from './attempt-lane.ts';
import type { AttemptRing } from './attempt-ring.ts';
import { Cancellation } from './cancellation.ts';
import type { Clock } from './canonical/clock.ts';
import { GatewayError } from './canonical/gateway-error.ts';
import type { HedgingConfig } from './config/gateway-config.ts';
import type { Exchange } from './exchange.ts';
import type { ExchangeBudget } from './exchange-budget.ts';
import type { AttemptOutcome } from './relay/attempt-outcome.ts';
import { isRepeatable } from './repeatable.ts';
import { createRetryBudgets, type RetryBudget, type RetryBudgets } from './resilience/retry-budget.ts';
import type { RouteLatency } from './routing/latency-quantiles.ts';
import type { Plan, PlanStep } from './routing/plan.ts';
import type { SecondHold } from './second-hold.ts';

export interface HedgeParts {
  readonly attemptRing: AttemptRing;
  readonly clock: Pick<Clock, 'now'>;
  /** Times to the first token by route. */
  readonly latencyOf: (routeId: string) => RouteLatency;
  /** Whoever is outrun may cost as much as who answers. */
  readonly budget: Pick<ExchangeBudget, 'reserveSecond'>;
  readonly onHedge: (provider: string) => void;
  readonly reportInternal: (error: unknown, exchange: Exchange) => void;
}

export interface HedgedStep {
  readonly exchange: Exchange;
  readonly step: PlanStep;
  readonly plan: Plan;
  readonly deadline: number;
  readonly routeId: string;
  readonly hedging: HedgingConfig;
}

/** How it ended, and which step that was. */
export interface HedgedOutcome extends AttemptOutcome {
  readonly step?: PlanStep;
}

/** Makes an attempt, and a second one at another target when the first is late to speak. */
export type Hedge = (input: HedgedStep) => Promise<HedgedOutcome>;

export function createHedge(parts: HedgeParts): Hedge {
  const budgets = new Map<number, RetryBudgets>();
  const budgetOf = (routeId: string, percent: number): RetryBudget => {
    const known = budgets.get(percent) ?? createRetryBudgets({ percent, floor: percent > 0 ? 1 : 0 });
    budgets.set(percent, known);
    return known.of(routeId);
  };
  return (input) => {
    const { exchange, deadline, hedging, routeId, step } = input;
    const budget = budgetOf(routeId, hedging.maxExtraPercent);
    budget.noteRequest(parts.clock.now());
    const late = parts.latencyOf(routeId).quantile(hedging.percentile / 100);
    // Nothing is known yet of how fast the route usually is, so nothing can be called late; or it goes out once only.
    if (late === undefined || !isRepeatable(exchange)) return parts.attemptRing(exchange, step, deadline);
    return new Race(parts, input, budget).run(Math.max(hedging.minDelayMs, late));
  };
}

/** Two attempts at most, of which the first to speak is the caller's and ends the other. */
class Race {
  readonly #parts: HedgeParts;
  readonly #input: HedgedStep;
  readonly #budget: RetryBudget;
  readonly #startedAt: number;
  readonly #lanes: Cancellation[] = [];
  #winner: Cancellation | undefined;
  #winning: HedgedOutcome | undefined;
  #running = 0;
  /** An attempt failed within the gateway: nobody waits for the race any more. */
  #isBroken = false;
  #cancelTimer = (): void => {};
  #finish: (outcome: HedgedOutcome) => void = () => {};
  #fail: (error: unknown) => void = () => {};

  constructor(parts: HedgeParts, input: HedgedStep, budget: RetryBudget) {
    this.#parts = parts;
    this.#budget = budget;
    this.#input = input;
    this.#startedAt = input.exchange.clock.now();
  }

  run(lateAfterMs: number): Promise<HedgedOutcome> {
    const { exchange, step } = this.#input;
    return new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
      exchange.whileCancellable((reason) => {
        for (const lane of this.#lanes) lane.cancel(reason);
      });
      this.#cancelTimer = exchange.clock.schedule(() => void this.#trySecond(), lateAfterMs);
      this.#start(step);
    });
  }

  #start(step: PlanStep): void {
    const { exchange, deadline } = this.#input;
    const lane = new Cancellation();
    this.#lanes.push(lane);
    this.#running++;
    const manner: AttemptManner = {
      lane,
      onBegin: () => this.#claim(lane),
      isOutrun: () => this.#isOutrun(lane),
      waitingSince: this.#startedAt,
    };
    this.#parts.attemptRing(exchange, step, deadline, manner).then(
      (outcome) => this.#ended(lane, step, outcome),
      (error: unknown) => {
        this.#isBroken = true;
        this.#cancelTimer();
        for (const other of this.#lanes) other.cancel('the other attempt failed within the gateway');
        this.#fail(error);
      },
    );
  }

  /** Where budgets have no room for a second attempt, the first goes on alone. */
  async #trySecond(): Promise<void> {
    const { exchange, step } = this.#input;
    if (!step.hasAlternative || !this.#wantsSecond()) return;
    let hold: SecondHold | undefined;
    try {
      hold = await this.#parts.budget.reserveSecond(exchange);
    } catch (error) {
      if (!(error instanceof GatewayError)) this.#parts.reportInternal(error, exchange);
      return;
    }
    const second = this.#takeSecond();
    if (!second) return hold?.release();
    hold?.keep();
    this.#parts.onHedge(second.routeTarget.target.provider);
    this.#start(second);
  }

  /** The first may have spoken since, or be over, where budgets had to be asked elsewhere. */
  #wantsSecond(): boolean {
    if (this.#winner || this.#running === 0 || this.#isBroken || this.#input.exchange.cancelReason) return false;
    return this.#budget.hasRoom(this.#input.exchange.clock.now());
  }

  #takeSecond(): PlanStep | undefined {
    const { exchange, plan } = this.#input;
    const now = exchange.clock.now();
    const step = this.#wantsSecond() ? plan.alternative(now) : undefined;
    if (step) this.#budget.tryTake(now);
    return step;
  }

  /** The first to speak; the other is ended at once, before it can say anything. */
  #claim(lane: Cancellation): void {
    this.#cancelTimer();
    this.#winner ??= lane;
    for (const other of this.#lanes) if (other !== lane) other.cancel('another target answered first');
    // Who lost would have taken longer still; without it, slow answers would drop out of what is usual.
    const { exchange, routeId } = this.#input;
    if (lane !== this.#lanes[0]) this.#parts.latencyOf(routeId).observe(exchange.clock.now() - this.#startedAt);
  }

  /** Of two that were broken off together, before either spoke, the second was the one too many. */
  #isOutrun(lane: Cancellation): boolean {
    if (lane.cancelReason === undefined) return false;
    return this.#winner === undefined ? lane !== this.#lanes[0] : lane !== this.#winner;
  }

  #ended(lane: Cancellation, step: PlanStep, outcome: AttemptOutcome): void {
    this.#running--;
    const { exchange, plan } = this.#input;
    if (this.#winner === lane) this.#winning = { ...outcome, step };
    // Who was outrun has not failed: should the answer break, it may be asked to complete it.
    else if (this.#winner && outcome.failure?.kind === 'cancelled')
      plan.note({ ...outcome.failure, kind: 'transient' }, exchange.clock.now(), step);
    // While one still runs, it may answer, or has to be over before the exchange is.
    if (this.#running > 0) {
      if (outcome.failure && outcome.failure.kind !== 'cancelled')
        plan.note(outcome.failure, exchange.clock.now(), step);
      return;
    }
    this.#cancelTimer();
    exchange.whileCancellable(undefined);
    if (this.#winner === undefined) exchange.waitedMs += exchange.clock.now() - this.#startedAt;
    this.#finish(this.#winning ?? { ...outcome, step });
  }
}
