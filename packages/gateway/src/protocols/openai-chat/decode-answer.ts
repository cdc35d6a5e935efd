import type { ChatAnswer, Choice } from '../../canonical/chat-answer.ts';
import type { Part } from '../../canonical/conversation.ts';
import { asObject, asString, type JsonObject, objectsIn } from '../../canonical/json.ts';
import { toNumber } from '../../framing/exact-json.ts';
import { saidArguments } from '../argument-text.ts';
import type { DecodeContext } from '../protocol.ts';
import { readSources } from './citations.ts';
import { thinkingPart } from './content-parts.ts';
import { decodeFinish } from './finish-reason.ts';
import { readImage } from './media.ts';
import { type MakeId, markText, modelParts } from './message-parts.ts';
import { decodeUsage } from './usage.ts';

/** Reads a whole answer of `/v1/chat/completions`, as OpenAI and the providers compatible to it give it. */
export function decodeAnswer(body: JsonObject, { idSeed }: DecodeContext): ChatAnswer {
  let made = 0;
  const makeId = () => madeId(idSeed, made++);
  const sources = readSources(body);
  const choices = objectsIn(body['choices']).map((value, position) => {
    const choice = readChoice(value, position, makeId);
    if (position > 0 || sources.length === 0) return choice;
    return { ...choice, parts: markText(choice.parts, { signature: undefined, citations: sources }) };
  });
  return {
    id: asString(body['id']) || undefined,
    model: asString(body['model']) || undefined,
    created: toNumber(body['created']),
    choices: choices.length === 0 && isPromptFiltered(body) ? [refusedPrompt] : choices,
    usage: decodeUsage(body['usage']),
    serviceTier: asString(body['service_tier']),
  };
}

/** Azure has no choice for a prompt that its filters refused, where it does not answer with an error. */
const refusedPrompt: Choice = {
  index: 0,
  parts: [],
  finish: decodeFinish('content_filter', false),
  logprobs: undefined,
};

function isPromptFiltered({ prompt_filter_results: results }: JsonObject): boolean {
  const filters = objectsIn(results).flatMap((result) =>
    Object.values(asObject(result['content_filter_results']) ?? {}),
  );
  return filters.some((filter) => asObject(filter)?.['filtered'] === true);
}

/** The id of a call that came without one. */
export function madeId(seed: string, count: number): string {
  return `call_${seed}_${count}`;
}

/** The reason that a choice names; some providers send an empty one while the answer goes on. */
export function finishWord(choice: JsonObject): string | undefined {
  return asString(choice['finish_reason']) || undefined;
}

/** Log probabilities as OpenAI has them; providers that hold something else under the name are passed over. */
export function readLogprobs(value: unknown): JsonObject | undefined {
  const logprobs = asObject(value);
  if (!logprobs) return undefined;
  const content = nonEmpty(logprobs['content']);
  const refusal = nonEmpty(logprobs['refusal']);
  if (!content && !refusal) return undefined;
  return { content: content ?? [], ...(refusal ? { refusal } : {}) };
}

/** The parts of an answer's `content`: a text, or Mistral's list of texts and thoughts. */
export function contentParts(content: unknown): Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  return objectsIn(content).flatMap((item): Part[] => {
    if (item['type'] === 'text') return [{ type: 'text', text: asString(item['text']) ?? '' }];
    if (item['type'] === 'thinking') return [thinkingPart(item)];
    const image = item['type'] === 'image_url' ? readImage(item) : undefined;
    return image ? [image] : [];
  });
}

function readChoice(value: JsonObject, position: number, makeId: MakeId): Choice {
  const message = asObject(value['message']) ?? asObject(value['delta']) ?? {};
  const parts = modelParts(message, contentParts(message['content']), makeId);
  const word = finishWord(value);
  const hasCalls = parts.some(({ type }) => type === 'tool-call');
  const finish = decodeFinish(word, hasCalls);
  return {
    index: toNumber(value['index']) ?? position,
    // At the limit of its length the call may be cut, and no tool should take that for a wish.
    parts: hasCalls && finish.reason !== 'length' ? parts.map(withArguments) : parts,
    finish,
    logprobs: readLogprobs(value['logprobs']),
  };
}

function withArguments(part: Part): Part {
  return part.type === 'tool-call' ? { ...part, arguments: saidArguments(part.arguments, part.kind) } : part;
}

function nonEmpty(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) && value.length > 0 ? value : undefined;
}
