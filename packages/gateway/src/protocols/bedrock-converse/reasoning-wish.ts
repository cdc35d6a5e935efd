import type { ReasoningWish } from '../../canonical/conversation.ts';

/** Whether the caller wants no reasoning. */
export function isOff({ mode, effort, budgetTokens }: ReasoningWish): boolean {
  return mode === 'off' || effort === 'none' || budgetTokens === 0;
}
