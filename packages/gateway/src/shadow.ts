import type { AttemptRing } from './attempt-ring.ts';
import type { LedgerEntry } from './canonical/exchange.ts';
import { GatewayError } from './canonical/gateway-error.ts';
import type { Exchange } from './exchange.ts';
import type { ExchangeBudget } from './exchange-budget.ts';
import type { ReplySink } from './relay/reply-sink.ts';
import type { PlanStep } from './routing/plan.ts';
import type { Resolution, RouteTarget, Target } from './routing/target.ts';
import { upstreamModelOf } from './routing/upstream-model.ts';

export interface ShadowParts {
  readonly attemptRing: AttemptRing;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly isUsable: (target: Target, upstreamModel: string | undefined) => boolean;
  /** Whether a target has a place to ask for what the exchange wants. */
  readonly offers: (exchange: Exchange, target: Target, upstreamModel: string | undefined) => boolean;
  /** Copies cost like any other request. */
  readonly budget: ExchangeBudget;
  readonly timeoutMs: (exchange: Exchange) => number;
  /** Keeps it among the exchanges under way, so that a stop ends it too. */
  readonly track: (exchange: Exchange) => () => void;
  readonly beginEntry: (exchange: Exchange, step: PlanStep) => void;
  readonly settle: (entry: LedgerEntry, exchange: Exchange) => void;
  readonly reportInternal: (error: unknown, exchange: Exchange) => void;
}

/** Sends copies of a request to the targets of its route that are only watched; their answers are thrown away. */
export type StartShadows = (exchange: Exchange, resolution: Resolution) => void;

/** Copies under way at the same time; beyond it requests go without. A slow shadow must not fill the memory. */
const MAX_IN_FLIGHT = 100;

export function createShadows(parts: ShadowParts): StartShadows {
  let inFlight = 0;
  return (exchange, resolution) => {
    const { shadows } = resolution.route;
    // A body that flows can be sent once only.
    if (shadows === undefined || exchange.upload !== undefined) return;
    for (const routeTarget of shadows) {
      const { target } = routeTarget;
      if (parts.random() * 100 >= (target.shadowPercent ?? 0) || inFlight >= MAX_IN_FLIGHT) continue;
      const upstreamModel = upstreamModelOf(routeTarget, resolution);
      if (!parts.isUsable(target, upstreamModel) || !parts.offers(exchange, target, upstreamModel)) continue;
      inFlight++;
      void runShadow(parts, exchange, stepOf(resolution, routeTarget, upstreamModel)).finally(() => inFlight--);
    }
  };
}

function stepOf(resolution: Resolution, routeTarget: RouteTarget, upstreamModel: string | undefined): PlanStep {
  return {
    resolution,
    routeTarget,
    upstreamModel,
    delayMs: 0,
    attemptsLeft: 0,
    hasAlternative: false,
    isLastResort: false,
    isFallbackModel: false,
  };
}

/** One attempt, without retries; it never throws. */
async function runShadow(parts: ShadowParts, original: Exchange, step: PlanStep): Promise<void> {
  const exchange = original.fork(`${original.id}-shadow`, new NoReader());
  exchange.shadowOf = original.id;
  if (!(await hasRoom(parts, exchange, step))) return;
  const untrack = parts.track(exchange);
  let outcome: LedgerEntry['outcome'] = 'failed';
  try {
    const deadline = exchange.startedAt + parts.timeoutMs(exchange);
    parts.beginEntry(exchange, step);
    const { failure } = await parts.attemptRing(exchange, step, deadline);
    if (failure === undefined) outcome = 'completed';
    else exchange.failure = failure.kind;
  } catch (error) {
    exchange.failure = 'internal';
    parts.reportInternal(error, exchange);
  } finally {
    untrack();
    parts.settle(exchange.toLedgerEntry(outcome), exchange);
  }
}

/** Whether budgets have room for a copy: one that has none is not sent. */
async function hasRoom({ budget, reportInternal }: ShadowParts, exchange: Exchange, step: PlanStep): Promise<boolean> {
  try {
    await budget.reserveAt(exchange, step);
    return true;
  } catch (error) {
    if (!(error instanceof GatewayError)) reportInternal(error, exchange);
    return false;
  }
}

/** Takes an answer that nobody reads. */
class NoReader implements ReplySink {
  head(): void {}

  write(): boolean {
    return true;
  }

  end(): void {}

  cut(): void {}

  onDrain(): void {}
}
