import type { ChatAnswer } from '../../canonical/chat-answer.ts';
import type { Part, ReasoningPart, TextPart } from '../../canonical/conversation.ts';
import { isObject, type JsonObject } from '../../canonical/json.ts';
import { writeExact } from '../../framing/exact-json.ts';
import { carrySignature } from '../foreign-signature.ts';
import type { AnswerContext } from '../protocol.ts';
import { encodeCitation } from './citations.ts';
import { encodeStopReason } from './finish-reason.ts';
import { redactedBlock, textBlock, thinkingBlock, toolUseBlock, trailingSignatureBlock } from './parts.ts';
import { encodeUsage } from './usage.ts';
import { WIRE } from './wire.ts';

/** Writes a whole answer. The wire knows one choice only: the first. */
export function encodeAnswer(answer: ChatAnswer, context: AnswerContext): Buffer {
  const choice = answer.choices[0];
  const parts = choice?.parts ?? [];
  const finish = choice?.finish ?? { reason: 'other', raw: undefined };
  const { id, type, role, model } = messageHead({ id: answer.id, model: answer.model, context });
  // Named one by one: members behind a spread cost several times as much, and every answer is written here.
  const body = {
    id,
    type,
    role,
    model,
    content: parts.flatMap(answerBlocks),
    stop_reason: encodeStopReason(
      finish,
      parts.some(({ type }) => type === 'tool-call'),
    ),
    stop_sequence: finish.stopSequence ?? null,
    stop_details: null,
    container: null,
    usage: encodeUsage(answer.usage, answer.serviceTier),
  };
  return Buffer.from(writeExact(body));
}

/** The members with which a message begins, whole or streamed. */
export function messageHead(head: {
  readonly id: string | undefined;
  readonly model: string | undefined;
  readonly context: AnswerContext;
}) {
  const { id, model, context } = head;
  return { id: id ?? `msg_${context.id}`, type: 'message', role: 'assistant', model: model ?? context.model };
}

/**
 * The blocks that a part of an answer becomes. Empty texts are left out, because the wire refuses them when the client
 * gives them back. It has no words for media in answers.
 */
function answerBlocks(part: Part): readonly JsonObject[] {
  switch (part.type) {
    case 'text':
      return textBlocks(part);
    case 'refusal':
      return part.text === '' ? [] : [textBlock(part.text, [])];
    case 'reasoning':
      return reasoningBlocks(part);
    case 'tool-call':
      return part.signature === undefined
        ? [toolUseBlock(part)]
        : [toolUseBlock(part), trailingSignatureBlock(part.signature)];
    case 'foreign':
      return part.origin === WIRE && isObject(part.value) ? [part.value] : [];
    default:
      return [];
  }
}

function textBlocks({ text, citations = [], signature }: TextPart): readonly JsonObject[] {
  const encoded = citations.map(encodeCitation).filter((citation) => citation !== undefined);
  const blocks = text === '' && encoded.length === 0 ? [] : [textBlock(text, encoded)];
  return signature === undefined ? blocks : [...blocks, trailingSignatureBlock(signature)];
}

function reasoningBlocks({ text, signature, isRedacted }: ReasoningPart): readonly JsonObject[] {
  const token = signature === undefined ? '' : carrySignature(signature, WIRE);
  if (isRedacted) return token === '' ? [] : [redactedBlock(token)];
  return text === '' && token === '' ? [] : [thinkingBlock(text, token)];
}
