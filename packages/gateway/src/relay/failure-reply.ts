import { errorKinds, GatewayError } from '../canonical/gateway-error.ts';
import type { ProtocolName } from '../canonical/protocol-name.ts';
import { findProtocol } from '../protocols/find-protocol.ts';
import type { Failure } from '../resilience/failure.ts';
import { failureTraits } from '../resilience/failure-table.ts';
import { scrub as maskCredentials } from '../resilience/scrub.ts';
import { parsed, upstreamReason } from './upstream-reason.ts';

/** What the caller gets when no attempt succeeded: the upstream's own words where the fault is the caller's. */
export type FailureReply =
  | { readonly kind: 'gateway'; readonly error: GatewayError }
  | { readonly kind: 'upstream'; readonly status: number; readonly contentType: string; readonly body: Buffer };

export interface FailureReplyOptions {
  /** Takes secrets and addresses out of an upstream's words. */
  readonly scrub: (text: string) => string;
  /** The failure was told in the caller's own wire. */
  readonly isOwnWire: boolean;
  readonly protocol: ProtocolName;
}

/** The reply for the failure that ended a plan. */
export function replyToFailure(failure: Failure, { scrub, isOwnWire, protocol }: FailureReplyOptions): FailureReply {
  if (failure.error) return { kind: 'gateway', error: failure.error };
  const { callerError, isCallersOwn } = failureTraits[failure.kind];
  if (!isCallersOwn || isAboutOurKey(failure)) {
    return { kind: 'gateway', error: failureError(failure) };
  }
  const status = hasFitStatus(failure) ? failure.status : errorKinds[callerError].status;
  const text = failure.body?.toString('utf8') ?? '';
  const scrubbed = scrub(text);
  const contentType = failure.contentType ?? 'application/json';
  if (isOwnWire && findProtocol(protocol).client.isErrorBody(parsed(text))) {
    // Byte for byte, unless there was something to take out.
    const body = scrubbed === text ? failure.body! : Buffer.from(scrubbed);
    return { kind: 'upstream', status, contentType, body };
  }
  const message = `The provider refused the request: ${upstreamReason(text) ?? failure.message}`;
  const error = new GatewayError(callerError, maskCredentials(scrub(message), []), {
    status,
    code: failure.kind,
  });
  return { kind: 'gateway', error };
}

/** A 401 or 403 over a model or a path speaks of the gateway's key; a caller would look for the fault in its own. */
function isAboutOurKey({ kind, status }: Failure): boolean {
  return kind === 'model_gone' && (status === 401 || status === 403);
}

/**
 * An error that an upstream told within an answer has no status of its own; and a request that is merely too long would
 * seem to be refused for its key or its account.
 */
function hasFitStatus({ kind, status }: Failure): boolean {
  const blamesAccount = status >= 401 && status <= 403;
  return status >= 400 && !(kind === 'context_exceeded' && blamesAccount);
}

/** The gateway's error for a failure that is not the caller's, before an answer or in the middle of one. */
export function failureError(failure: Failure): GatewayError {
  return new GatewayError(
    failureTraits[failure.kind].callerError,
    `No target could answer: ${failure.message.replace(/\.$/, '')}.`,
    {
      ...(waitOf(failure) === undefined ? {} : { retryAfterMs: waitOf(failure)! }),
    },
  );
}

/** Every refusal that time cures says how long to wait; a second where the upstream did not. */
function waitOf(failure: Failure): number | undefined {
  if (failure.retryAfterMs !== undefined) return failure.retryAfterMs;
  const cures = failure.kind === 'rate_limited' || failure.kind === 'overloaded' || failure.kind === 'target_busy';
  return cures ? 1_000 : undefined;
}
