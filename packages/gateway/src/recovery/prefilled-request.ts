import type { ChatRequest, Part, Turn } from '../canonical/conversation.ts';
import { textTokens } from '../canonical/estimate-tokens.ts';
import type { ProtocolName } from '../canonical/protocol-name.ts';
import { findProtocol } from '../protocols/find-protocol.ts';
import type { RequestQuirks } from '../protocols/protocol.ts';
import { type SentAnswer, sentText } from './sent-answer.ts';

/**
 * The request by which a model is asked to go on with what was sent: the conversation with that as the assistant's last
 * turn, and a limit on output that is less by as much. White space at its end is left out, since providers refuse it;
 * the caller has it nevertheless. Undefined when there is nothing that could be gone on with; see `recoveryMode` for
 * everything else that must be so.
 */
export function prefilledRequest(conversation: ChatRequest, sent: SentAnswer): ChatRequest | undefined {
  const text = sentText(sent).trimEnd();
  if (text === '') return undefined;
  const { maxOutputTokens } = conversation;
  const left = maxOutputTokens === undefined ? undefined : Math.max(1, maxOutputTokens - sentTokens(sent));
  return { ...conversation, turns: withAnswer(conversation.turns, text), maxOutputTokens: left };
}

/** Tokens of what was sent, thoughts included; an estimate. */
export function sentTokens({ parts }: SentAnswer): number {
  let tokens = 0;
  for (const { head, text } of parts) tokens += textTokens(head.type === 'tool-call' ? head.name + text : text);
  return Math.ceil(tokens);
}

/** A caller may have begun the answer itself: then what was sent goes on with that. */
function withAnswer(turns: readonly Turn[], text: string): readonly Turn[] {
  const last = turns.at(-1);
  if (last?.role !== 'assistant') return [...turns, { role: 'assistant', parts: [{ type: 'text', text }] }];
  return [...turns.slice(0, -1), { ...last, parts: withText(last.parts, text) }];
}

/** One text where that is possible: some providers take the beginning of an answer as a plain string only. */
function withText(parts: readonly Part[], text: string): readonly Part[] {
  const last = parts.at(-1);
  const isPlain =
    last?.type === 'text' && !last.signature && !last.native && !last.unread && !last.cache && !last.citations;
  if (!isPlain) return [...parts, { type: 'text', text }];
  return [...parts.slice(0, -1), { type: 'text', text: last.text + text }];
}

export interface PrefillAsk {
  /** The wire in which the target is asked. */
  readonly protocol: ProtocolName;
  readonly quirks: RequestQuirks;
  /** Name of the model at the target. */
  readonly model: string | undefined;
  /** What the target's configuration says; undefined: what is known of its provider holds. */
  readonly override: boolean | undefined;
}

/** Whether a target goes on with an answer whose beginning is the conversation's last turn. */
export function acceptsPrefill({ protocol, quirks, model, override }: PrefillAsk): boolean {
  return override ?? findProtocol(protocol).upstream.prefill?.accepts({ model, quirks }) ?? false;
}
