import type { FailureKind, FailureTraits } from './failure.ts';

/**
 * What each failure means for the plan and for the target's health. Quota and refused credentials do not count as
 * passive failures because the health registry gives them states and cool-downs of their own.
 */
export const failureTraits = {
  rate_limited: { retryHere: true, tryElsewhere: true, countsAgainstHealth: false },
  overloaded: { retryHere: true, tryElsewhere: true, countsAgainstHealth: true },
  quota_exhausted: { retryHere: false, tryElsewhere: true, countsAgainstHealth: false },
  credential_refused: { retryHere: false, tryElsewhere: true, countsAgainstHealth: false },
  model_gone: { retryHere: false, tryElsewhere: true, countsAgainstHealth: false },
  // Another target may serve a model with a larger window; the same one never will.
  context_exceeded: { retryHere: false, tryElsewhere: true, countsAgainstHealth: false },
  content_refused: { retryHere: false, tryElsewhere: false, countsAgainstHealth: false },
  caller_fault: { retryHere: false, tryElsewhere: false, countsAgainstHealth: false },
  // The wire of this target has no words for the request; nothing was sent, and another wire may have them.
  inexpressible: { retryHere: false, tryElsewhere: true, countsAgainstHealth: false },
  transient: { retryHere: true, tryElsewhere: true, countsAgainstHealth: true },
  connect_failed: { retryHere: true, tryElsewhere: true, countsAgainstHealth: true },
  // A target that was silent for a whole time limit costs that limit again, so it is tried once only.
  connect_timeout: { retryHere: false, tryElsewhere: true, countsAgainstHealth: true },
  headers_timeout: { retryHere: false, tryElsewhere: true, countsAgainstHealth: true },
  first_token_timeout: { retryHere: false, tryElsewhere: true, countsAgainstHealth: true },
  idle_timeout: { retryHere: false, tryElsewhere: true, countsAgainstHealth: true },
  // No time is left for anything else.
  total_timeout: { retryHere: false, tryElsewhere: false, countsAgainstHealth: true },
  malformed: { retryHere: true, tryElsewhere: true, countsAgainstHealth: true },
  truncated: { retryHere: true, tryElsewhere: true, countsAgainstHealth: true },
  target_busy: { retryHere: false, tryElsewhere: true, countsAgainstHealth: false },
  cancelled: { retryHere: false, tryElsewhere: false, countsAgainstHealth: false },
  // May be a fault of the gateway itself, which must not take every target out.
  unknown: { retryHere: false, tryElsewhere: true, countsAgainstHealth: false },
} as const satisfies Record<FailureKind, FailureTraits>;

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
  connect_failed: 'No connection to the upstream could be made.',
  connect_timeout: 'The connection to the upstream was not made in time.',
  headers_timeout: 'The upstream did not begin to answer in time.',
  first_token_timeout: 'The upstream did not send a first token in time.',
  idle_timeout: 'The upstream stopped sending in the middle of its answer.',
  total_timeout: 'The answer of the upstream took longer than allowed.',
  malformed: 'The upstream sent an answer that cannot be read.',
  truncated: 'The upstream cut its answer short.',
  target_busy: 'The target has no free capacity.',
  cancelled: 'The request was cancelled.',
  unknown: 'The attempt failed for an unknown reason.',
};

/** A sentence about a kind of failure that a caller may read: no host, no key, no content. */
export function failureMessage(kind: FailureKind): string {
  return sentences[kind];
}
