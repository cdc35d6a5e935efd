import type { ChatRequest } from '../canonical/conversation.ts';
import type { StreamRecovery } from '../config/gateway-config.ts';
import { findProtocol } from '../protocols/find-protocol.ts';
import { acceptsPrefill, type PrefillAsk } from './prefilled-request.ts';
import type { ResumptionMode } from './resumption.ts';
import { type SentAnswer, type SentPart, sentText } from './sent-answer.ts';

export interface RecoveryAsk {
  /** What the route is configured to do. */
  readonly wanted: StreamRecovery;
  /** Undefined when nobody knows any more what was sent. */
  readonly sent: SentAnswer | undefined;
  readonly request: ChatRequest;
  /** The target that is to be asked next. */
  readonly target: PrefillAsk;
}

/**
 * How the next target is asked to complete an answer that broke off: to go on with it, to begin anew, or not at all
 * (then the caller is told that it is not whole). With `buffer` nothing is sent before it is whole, so there is nothing
 * to complete.
 */
export function recoveryMode({ wanted, sent, request, target }: RecoveryAsk): ResumptionMode | 'none' {
  if (sent === undefined || sent.hasEnded || !isComparable(sent, request)) return 'none';
  switch (wanted) {
    case 'auto':
      return canContinue(sent, request, target) ? 'continue' : 'restart';
    case 'continue':
      return canContinue(sent, request, target) ? 'continue' : 'none';
    case 'restart':
      return 'restart';
    default:
      return 'none';
  }
}

/** Pictures, speech and what only one wire knows never come twice the same. */
function isComparable({ parts }: SentAnswer, { modalities, audioOutput }: ChatRequest): boolean {
  if (audioOutput !== undefined || modalities?.some((one) => one.toLowerCase() !== 'text')) return false;
  return parts.every(({ head }) => comparable.has(head.type));
}

const comparable: ReadonlySet<string> = new Set(['text', 'refusal', 'reasoning', 'tool-call']);

function canContinue(sent: SentAnswer, request: ChatRequest, target: PrefillAsk): boolean {
  if (!acceptsPrefill(target) || !isText(sent) || (request.choices ?? 1) > 1) return false;
  // A model that is held to a form, or to a tool, would begin with its beginning.
  if (request.outputFormat !== undefined && request.outputFormat.type !== 'text') return false;
  if (forcesTool(request)) return false;
  // Where the caller gave a beginning of its own, what would be repeated is more than was sent.
  if (target.quirks.repeatsPrefill && request.turns.at(-1)?.role === 'assistant') return false;
  return !(findProtocol(target.protocol).upstream.prefill?.excludesReasoning === true && wantsReasoning(request));
}

/** Whether all that was said is text, and there is a place where it can go on. */
function isText(sent: SentAnswer): boolean {
  const { parts, finishes } = sent;
  if (finishes.size > 0 || parts.some(({ choice }) => choice !== 0)) return false;
  const isPlain = (part: SentPart) => part.head.type === 'text' || part.head.type === 'reasoning';
  const text = sentText(sent);
  // Half a character cannot be given to anybody to go on with.
  return parts.every(isPlain) && parts.at(-1)?.head.type === 'text' && text.trim() !== '' && !endsInHalf(text);
}

function endsInHalf(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last < 0xdc00;
}

function forcesTool({ toolChoice }: ChatRequest): boolean {
  if (toolChoice?.type === 'allowed') return toolChoice.mode === 'required';
  return toolChoice?.type === 'required' || toolChoice?.type === 'tool';
}

function wantsReasoning({ reasoning }: ChatRequest): boolean {
  if (!reasoning || reasoning.mode === 'off') return false;
  const { mode, effort, budgetTokens } = reasoning;
  return mode !== undefined || (effort !== undefined && effort !== 'none') || (budgetTokens ?? 0) > 0;
}
