import type { ChatAnswer, Choice } from '../../canonical/chat-answer.ts';
import type { MediaPart, Part, Signature, ToolCallPart } from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { writeExact } from '../../framing/exact-json.ts';
import type { AnswerContext } from '../protocol.ts';
import { writeAnnotation } from './citations.ts';
import { encodeFinish } from './finish-reason.ts';
import { writeAudio, writeImage } from './media.ts';
import { thoughtSignature, writeDetails } from './reasoning-details.ts';
import { encodeUsage } from './usage.ts';

/** A whole answer of `/v1/chat/completions`. */
export function encodeAnswer(answer: ChatAnswer, context: AnswerContext): Buffer {
  const isLegacy = context.request.singleFunctionCalls === true;
  const body = {
    id: answer.id ?? `chatcmpl-${context.id}`,
    object: 'chat.completion',
    created: answer.created ?? context.created,
    model: answer.model ?? context.model,
    choices: answer.choices.map((choice) => encodeChoice(choice, isLegacy)),
    ...(answer.usage ? { usage: encodeUsage(answer.usage) } : {}),
    ...(answer.serviceTier === undefined ? {} : { service_tier: answer.serviceTier }),
  };
  return Buffer.from(writeExact(body));
}

/** The finish as a client of either age of tools knows it. */
export function finishFor(finish: Choice['finish'], isLegacy: boolean): string {
  const word = encodeFinish(finish);
  return isLegacy && word === 'tool_calls' ? 'function_call' : word;
}

/** A call without its arguments' place in a list. */
export function callValue({ id, name, kind, arguments: text, signature }: ToolCallPart): JsonObject {
  const signed = thoughtSignature(signature, 'client');
  if (kind === 'custom') return { id, type: 'custom', custom: { name, input: text }, ...signed };
  return { id, type: 'function', function: { name, arguments: text }, ...signed };
}

/** Media of an answer, as members of its message. */
export function mediaMembers(parts: readonly Part[]): JsonObject {
  const media = parts.filter((part): part is MediaPart => part.type === 'image' || part.type === 'audio');
  const images = media.flatMap((part) => writeImage(part) ?? []);
  const [audio] = media.flatMap((part) => writeAudio(part) ?? []);
  return { ...(images.length === 0 ? {} : { images }), ...(audio ? { audio } : {}) };
}

function encodeChoice({ index, parts, finish, logprobs }: Choice, isLegacy: boolean): JsonObject {
  const finishReason = finishFor(finish, isLegacy);
  return { index, message: encodeMessage(parts, isLegacy), logprobs: logprobs ?? null, finish_reason: finishReason };
}

function encodeMessage(parts: readonly Part[], isLegacy: boolean): JsonObject {
  const texts = parts.filter((part) => part.type === 'text');
  const refusals = parts.filter((part) => part.type === 'refusal');
  const annotations = texts.flatMap(({ citations = [] }) => citations.flatMap((one) => writeAnnotation(one) ?? []));
  return {
    role: 'assistant',
    content: texts.length === 0 ? null : texts.map(({ text }) => text).join(''),
    refusal: refusals.length === 0 ? null : refusals.map(({ text }) => text).join(''),
    ...(annotations.length === 0 ? {} : { annotations }),
    ...reasoningMembers(parts),
    ...callMembers(parts, isLegacy),
    ...mediaMembers(parts),
    ...thoughtSignature(lastSignature(texts), 'client'),
  };
}

/** Reasoning for all clients, and in a second form for those that give it back with its signatures. */
function reasoningMembers(parts: readonly Part[]): JsonObject {
  const reasoning = parts.filter((part) => part.type === 'reasoning');
  const text = reasoning.map((part) => part.text).join('');
  const isSigned = reasoning.some(({ signature }) => signature !== undefined);
  return {
    ...(text === '' ? {} : { reasoning_content: text }),
    ...(isSigned ? { reasoning_details: writeDetails(reasoning, 'client') } : {}),
  };
}

function callMembers(parts: readonly Part[], isLegacy: boolean): JsonObject {
  const calls = parts.filter((part) => part.type === 'tool-call');
  const [first] = calls;
  if (!first) return {};
  if (isLegacy) return { function_call: { name: first.name, arguments: first.arguments } };
  return { tool_calls: calls.map(callValue) };
}

function lastSignature(texts: readonly { readonly signature?: Signature }[]): Signature | undefined {
  return texts.findLast(({ signature }) => signature !== undefined)?.signature;
}
