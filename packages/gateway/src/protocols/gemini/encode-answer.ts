import type { ChatAnswer, Choice } from '../../canonical/chat-answer.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { writeExact } from '../../framing/exact-json.ts';
import type { AnswerContext } from '../protocol.ts';
import { encodeFinish } from './finish-reason.ts';
import { encodeCitations } from './grounding.ts';
import { encodeLogprobs } from './logprobs.ts';
import { encodeAnswerPart, encodeFirstCall } from './parts.ts';
import { TextPlaces } from './text-places.ts';
import { encodeServiceTier, encodeUsage } from './usage.ts';

/** Writes a whole answer. */
export function encodeAnswer(answer: ChatAnswer, context: AnswerContext): Buffer {
  const body = {
    candidates: answer.choices.map(encodeChoice),
    usageMetadata: answer.usage && encodeUsage(answer.usage, encodeServiceTier(answer.serviceTier)),
    modelVersion: answer.model ?? context.model,
    responseId: answer.id ?? context.id,
  };
  return Buffer.from(writeExact(body));
}

function encodeChoice({ index, parts, finish, logprobs }: Choice): JsonObject {
  const firstCall = parts.find((part) => part.type === 'tool-call');
  const written = parts
    .map((part) => (part === firstCall ? encodeFirstCall(firstCall) : encodeAnswerPart(part)))
    .filter((part) => part !== undefined);
  const texts = parts.filter((part) => part.type === 'text');
  const citations = texts.flatMap((part) => part.citations ?? []);
  const places = TextPlaces.of(citations.length > 0 ? texts.map(({ text }) => text).join('') : '');
  return {
    content: contentOf(written),
    finishReason: encodeFinish(finish),
    index,
    ...encodeCitations(citations, places),
    logprobsResult: encodeLogprobs(logprobs),
  };
}

/** Google's libraries take a content without parts for an answer that failed, so an empty one has an empty text. */
export function contentOf(parts: readonly JsonObject[]): JsonObject {
  return { parts: parts.length > 0 ? parts : [{ text: '' }], role: 'model' };
}
