import type { Usage } from '../canonical/usage.ts';
import type { Failure, FailureKind } from '../resilience/failure.ts';

/** How one try at one target ended. */
export interface AttemptOutcome {
  /** Undefined when the answer went out whole. */
  readonly failure: Failure | undefined;
  /** Whether bytes reached the client: then nothing can be tried again. */
  readonly isCommitted: boolean;
  readonly status: number;
  /** As the provider reports it. */
  readonly usage: Usage | undefined;
  /** What it may charge for besides. Undefined: it said all, or has nothing to charge for. */
  readonly unreported: UnreportedUse | undefined;
  readonly responseModel: string | undefined;
  /** The tier of service that answered, as the provider tells it. */
  readonly serviceTier: string | undefined;
}

/** What a provider took on without saying, or without saying to the end, what that took. */
export interface UnreportedUse {
  /** Tokens of the answer that were read, an estimate; undefined: nobody can tell how much of it was made. */
  readonly outputTokens: number | undefined;
}

/** What an attempt came to that nothing was sent for, or of which nothing but a refusal came. */
export function refused(failure: Failure): AttemptOutcome {
  return {
    failure,
    isCommitted: false,
    status: 0,
    usage: undefined,
    unreported: undefined,
    responseModel: undefined,
    serviceTier: undefined,
  };
}

/**
 * Kinds that leave a target at work, or in the middle of it: it had the request and said nothing against it. All others
 * are told by the target, and what is refused is not charged for; see docs/adr/0017.
 */
const interruptions: ReadonlySet<FailureKind> = new Set([
  'cancelled',
  'headers_timeout',
  'first_token_timeout',
  'idle_timeout',
  'total_timeout',
  'truncated',
]);

/** An attempt whose request went out, and which got no refusal in place of an answer. */
export interface EndedAttempt {
  readonly failure: Failure | undefined;
  readonly usage: Usage | undefined;
  /** What was reported is final. */
  readonly isFinished: boolean;
  readonly outputTokens: number | undefined;
}

/** What such an attempt may be charged for beside what it reported. */
export function unreportedUse({ failure, usage, isFinished, outputTokens }: EndedAttempt): UnreportedUse | undefined {
  if (usage !== undefined && (failure === undefined || isFinished)) return undefined;
  const isPaid = failure === undefined || interruptions.has(failure.kind) || (outputTokens ?? 0) > 0;
  return isPaid ? { outputTokens } : undefined;
}
