import type { FailureKind, FailureTraits } from './failure.ts';

/** A fault of the upstream that the next request may not meet; the rows of the table say how they differ from it. */
const passingFault: FailureTraits = {
  retryHere: true,
  tryElsewhere: true,
  wait: 'backoff',
  anotherModel: 'last',
  countsAgainstHealth: true,
  breakerScope: 'model',
  isUnsent: false,
  spendsBudget: true,
  isCallersOwn: false,
  callerError: 'upstream_failed',
};

/** Says nothing against the target. */
const harmless = { countsAgainstHealth: false, breakerScope: 'none' } as const;

/** A target that was silent for a whole time limit costs that limit again, so it is tried once only. */
const silence: FailureTraits = { ...passingFault, retryHere: false, wait: 'none', callerError: 'upstream_timeout' };

/** What this target refuses it refuses again; another may not. */
const refusal: FailureTraits = { ...passingFault, ...harmless, retryHere: false, wait: 'none', spendsBudget: false };

/** Nobody would do it. */
const nowhere: FailureTraits = { ...refusal, tryElsewhere: false, anotherModel: 'never' };

/** What the caller must change. */
const callersOwn = { isCallersOwn: true, callerError: 'invalid_request' } as const;

/**
 * What each failure means for the plan, for the target's health and for the caller. Quota and refused credentials do
 * not count as passive failures because the health registry gives them states and cool-downs of their own.
 */
export const failureTraits: Readonly<Record<FailureKind, FailureTraits>> = {
  rate_limited: { ...passingFault, ...harmless, wait: 'asked', callerError: 'rate_limited' },
  overloaded: { ...passingFault, wait: 'asked', callerError: 'upstream_overloaded' },
  quota_exhausted: { ...refusal, breakerScope: 'target', callerError: 'upstream_quota' },
  credential_refused: { ...refusal, breakerScope: 'target', callerError: 'upstream_credentials' },
  model_gone: { ...refusal, isCallersOwn: true, callerError: 'model_not_found' },
  // Another target may serve a model with a larger window; the same one never will.
  context_exceeded: { ...refusal, ...callersOwn, anotherModel: 'first' },
  // What one provider refuses to read is shown to another only where that is configured.
  content_refused: { ...nowhere, ...callersOwn, anotherModel: 'first' },
  caller_fault: { ...nowhere, ...callersOwn },
  // The wire of this target has no words for the request; nothing was sent, and another wire may have them.
  inexpressible: { ...refusal, isUnsent: true, callerError: 'invalid_request' },
  transient: { ...passingFault, wait: 'asked' },
  // The model's own doing, which may lie in what it was asked: others are served well, and chance may serve this one. See
  // docs/adr/0029.
  unfinished: { ...passingFault, ...harmless },
  connect_failed: { ...passingFault, breakerScope: 'target' },
  connect_timeout: { ...silence, breakerScope: 'target' },
  headers_timeout: silence,
  first_token_timeout: silence,
  idle_timeout: silence,
  // No time is left for anything else.
  total_timeout: { ...silence, tryElsewhere: false, anotherModel: 'never' },
  malformed: { ...passingFault, callerError: 'upstream_malformed' },
  truncated: { ...passingFault, callerError: 'upstream_truncated' },
  // Models seldom say the same twice; another one may, and what they said so far cost something.
  diverged: { ...refusal, spendsBudget: true, callerError: 'upstream_truncated' },
  target_busy: { ...refusal, isUnsent: true, callerError: 'target_busy' },
  limit_spent: { ...refusal, isUnsent: true, callerError: 'rate_limited' },
  cancelled: { ...nowhere, callerError: 'shutting_down' },
  // May be a fault of the gateway itself, which must not take every target out.
  unknown: { ...refusal, spendsBudget: true },
};

const sentences: Readonly<Record<FailureKind, string>> = {
  rate_limited: 'The upstream limits the rate of requests.',
  overloaded: 'The upstream is overloaded.',
  quota_exhausted: 'The quota or balance at the upstream is used up.',
  credential_refused: 'The upstream refused the credential that the gateway is configured with.',
  model_gone: 'The upstream does not have this model or path.',
  context_exceeded: 'The request is longer than the context window of the model.',
  content_refused: 'The upstream refused the content of the request.',
  caller_fault: 'The upstream refused the request as invalid.',
  inexpressible: 'The request cannot be said in the wire of the target.',
  transient: 'The upstream failed.',
  unfinished: 'The model could not finish its answer.',
  connect_failed: 'No connection to the upstream could be made.',
  connect_timeout: 'The connection to the upstream was not made in time.',
  headers_timeout: 'The upstream did not begin to answer in time.',
  first_token_timeout: 'The upstream did not send a first token in time.',
  idle_timeout: 'The upstream stopped sending in the middle of its answer.',
  total_timeout: 'The answer of the upstream took longer than allowed.',
  malformed: 'The upstream sent an answer that cannot be read.',
  truncated: 'The upstream cut its answer short.',
  diverged: 'The attempt that was to complete the answer said something else.',
  target_busy: 'The target has no free capacity.',
  limit_spent: 'The limit of requests or tokens that the target is configured with is spent.',
  cancelled: 'The request was cancelled.',
  unknown: 'The attempt failed for an unknown reason.',
};

/** A sentence about a kind of failure that a caller may read: no host, no key, no content. */
export function failureMessage(kind: FailureKind): string {
  return sentences[kind];
}
