import type { Exchange } from './exchange.ts';
import type { AttemptLimits } from './relay/attempt.ts';
import { isRepeatable } from './repeatable.ts';
import type { PlanStep } from './routing/plan.ts';
import type { AttemptTimeouts } from './routing/target.ts';

/** The time limits of one attempt. `leftMs`: what is left of the time that the exchange has in all. */
export function attemptLimits(exchange: Exchange, step: PlanStep, leftMs: number): AttemptLimits {
  const timeouts = timeoutsOf(exchange, step);
  const { stream } = exchange.facts;
  const ownTotal = stream ? timeouts.streamTotalMs : timeouts.unaryTotalMs;
  const totalMs = Math.max(1, Math.min(ownTotal, leftMs));
  // Giving up on a slow target pays only while another may answer; the last one gets the time there is.
  const patient = Math.max(timeouts.idleMs, stream ? timeouts.streamHeadersMs : timeouts.unaryHeadersMs);
  const strictHeaders = stream ? timeouts.streamHeadersMs : timeouts.unaryHeadersMs;
  const lastHeaders = stream ? patient : totalMs;
  const hasAlternative = step.hasAlternative && isRepeatable(exchange);
  return {
    headersMs: hasAlternative ? strictHeaders : lastHeaders,
    firstTokenMs: stream ? (hasAlternative ? timeouts.firstTokenMs : patient) : undefined,
    idleMs: stream && hasAlternative && exchange.recovery ? timeouts.streamIdleMs : timeouts.idleMs,
    totalMs,
    isTotalOfExchange: leftMs <= ownTotal,
  };
}

/** An attempt that ended with the time of its exchange. */
export interface TimedAttempt {
  /** Milliseconds that it had. */
  readonly ms: number;
  /** Milliseconds that the exchange had in all. */
  readonly wholeMs: number;
  readonly hasHead: boolean;
  readonly hasFirstToken: boolean;
}

/**
 * Whether the target had its share of the time: at least half of it, or as long as it may take to begin where another could
 * answer. Otherwise a queue, or other targets, took it, and that it did not suffice says nothing of this one.
 */
export function hadItsShare(exchange: Exchange, step: PlanStep, attempt: TimedAttempt): boolean {
  const { hasFirstToken, hasHead, ms, wholeMs } = attempt;
  const { firstTokenMs, streamHeadersMs, unaryHeadersMs } = timeoutsOf(exchange, step);
  const { stream } = exchange.facts;
  const isSilent = stream ? !hasFirstToken : !hasHead;
  const headersMs = stream ? streamHeadersMs : unaryHeadersMs;
  return ms >= wholeMs / 2 || (isSilent && ms >= (hasHead ? firstTokenMs : headersMs));
}

function timeoutsOf({ operation }: Exchange, { routeTarget }: PlanStep): AttemptTimeouts {
  const { operationTimeouts, timeouts } = routeTarget.target;
  return operationTimeouts?.[operation] ?? timeouts;
}
