import { type Operation, operations } from '../canonical/operation.ts';
import type { AttemptLimitsConfig, ResilienceConfig, TargetOptions } from '../config/gateway-config.ts';
import type { AttemptTimeouts, Target } from '../routing/target.ts';

export interface AttemptTimeoutsInput {
  /** What holds where nothing else is said. */
  readonly base: ResilienceConfig['timeout'];
  readonly operations: ResilienceConfig['operationTimeouts'];
  /** The target's own, for all its operations. */
  readonly target: TargetOptions['timeouts'];
  /** Longest time for one answer of the target, in milliseconds. It only shortens what the others say. */
  readonly targetTimeoutMs: number | undefined;
}

/**
 * Time limits of the attempts at one target: for chats, and for the operations where they are others. What the target
 * says comes before what is said of the operation, and that before what is said for all.
 */
export function attemptTimeouts(input: AttemptTimeoutsInput): Pick<Target, 'timeouts' | 'operationTimeouts'> {
  const timeouts = timeoutsOf('chat', input);
  // Without limits of single operations, chats differ from nothing.
  if (input.operations === undefined) return { timeouts };
  const all = operations.map((operation) => [operation, timeoutsOf(operation, input)] as const);
  const differing = all.filter(([, other]) => !areEqual(timeouts, other));
  return differing.length === 0 ? { timeouts } : { timeouts, operationTimeouts: Object.fromEntries(differing) };
}

/** What is configured for an operation, whatever the target. */
export function operationLimits(
  { timeout, operationTimeouts }: Pick<ResilienceConfig, 'timeout' | 'operationTimeouts'>,
  operation: Operation,
): AttemptLimitsConfig {
  return { ...timeout, ...operationTimeouts?.[operation] };
}

function timeoutsOf(
  operation: Operation,
  { base, operations: ofOperations, target, targetTimeoutMs }: AttemptTimeoutsInput,
): AttemptTimeouts {
  const limits = { ...base, ...ofOperations?.[operation], ...target };
  const longest = targetTimeoutMs ?? Number.POSITIVE_INFINITY;
  return {
    connectMs: Math.min(limits.connectMs, longest),
    streamHeadersMs: Math.min(limits.streamHeadersMs, longest),
    unaryHeadersMs: Math.min(limits.unaryHeadersMs, longest),
    firstTokenMs: Math.min(limits.firstTokenMs, longest),
    // A stream may go on for longer than an answer may take to begin, so these are its own.
    idleMs: limits.idleMs,
    streamIdleMs: Math.min(limits.streamIdleMs, limits.idleMs),
    streamTotalMs: limits.streamingMs,
    unaryTotalMs: Math.min(limits.requestMs, longest),
  };
}

function areEqual(left: AttemptTimeouts, right: AttemptTimeouts): boolean {
  return (Object.keys(left) as (keyof AttemptTimeouts)[]).every((limit) => left[limit] === right[limit]);
}
