import type { FailureKind } from './failure.ts';
import { failureTraits } from './failure-table.ts';

/**
 * What a failed attempt says: that the target cannot be reached (`target`), that the account or the key is refused
 * (`account`), that requests for this model fail (`model`), that the target works and refused this request (`answer`),
 * or nothing.
 */
export type HealthEvidence = 'target' | 'account' | 'model' | 'answer' | 'nothing';

export function evidenceOf(kind: FailureKind): HealthEvidence {
  switch (kind) {
    case 'connect_failed':
    case 'connect_timeout':
      return 'target';
    case 'quota_exhausted':
    case 'credential_refused':
      return 'account';
    case 'rate_limited':
    case 'caller_fault':
    case 'context_exceeded':
    case 'content_refused':
      return 'answer';
    default:
      return failureTraits[kind].countsAgainstHealth ? 'model' : 'nothing';
  }
}
