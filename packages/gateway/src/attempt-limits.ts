import type { Exchange } from './exchange.ts';
import type { AttemptLimits } from './relay/attempt.ts';
import type { PlanStep } from './routing/plan.ts';

/** The time limits of one attempt. `leftMs`: what is left of the time that the exchange has in all. */
export function attemptLimits(exchange: Exchange, step: PlanStep, leftMs: number): AttemptLimits {
  const { operationTimeouts, timeouts: ofChats } = step.routeTarget.target;
  const timeouts = operationTimeouts?.[exchange.operation] ?? ofChats;
  const { stream } = exchange.facts;
  const ownTotal = stream ? timeouts.streamTotalMs : timeouts.unaryTotalMs;
  const totalMs = Math.max(1, Math.min(ownTotal, leftMs));
  // Giving up on a slow target pays only while another may answer; the last one gets the time there is.
  const patient = Math.max(timeouts.idleMs, stream ? timeouts.streamHeadersMs : timeouts.unaryHeadersMs);
  const strictHeaders = stream ? timeouts.streamHeadersMs : timeouts.unaryHeadersMs;
  const lastHeaders = stream ? patient : totalMs;
  return {
    headersMs: step.hasAlternative ? strictHeaders : lastHeaders,
    firstTokenMs: stream ? (step.hasAlternative ? timeouts.firstTokenMs : patient) : undefined,
    idleMs: stream && step.hasAlternative && exchange.recovery ? timeouts.streamIdleMs : timeouts.idleMs,
    totalMs,
    isTotalOfExchange: leftMs <= ownTotal,
  };
}
