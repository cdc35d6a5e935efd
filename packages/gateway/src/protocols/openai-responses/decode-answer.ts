import type { ChatAnswer } from '../../canonical/chat-answer.ts';
import type { Part, RefusalPart, TextPart, ToolCallPart } from '../../canonical/conversation.ts';
import { GatewayError } from '../../canonical/gateway-error.ts';
import { asObject, asString, type JsonObject, objectsIn } from '../../canonical/json.ts';
import { toNumber } from '../../framing/exact-json.ts';
import { saidArguments } from '../argument-text.ts';
import { decodeAnnotations } from './annotations.ts';
import { decodeFinish, PartTally } from './finish-reason.ts';
import { type ReasoningItem, reasoningPart } from './items.ts';
import { decodeUsage } from './usage.ts';

/** Whether a response with this status is no answer. */
export function isFailedStatus(status: unknown): boolean {
  return status === 'failed' || status === 'cancelled';
}

/** Whether a stream that ends with this event holds no answer, or half of one. */
export function isFailedEnding(type: string): boolean {
  return failedEndings.has(type);
}

// The second is in no list of OpenAI's events of streams, only among the statuses: servers make it of a response that was
// cancelled while it was being streamed.
const failedEndings = new Set(['response.failed', 'response.cancelled']);

/** Reads a whole answer: a `response` object. */
export function decodeAnswer(response: JsonObject): ChatAnswer {
  if (isFailedStatus(response['status'])) throw failure(response);
  const parts = objectsIn(response['output']).flatMap(outputParts);
  const tally = new PartTally();
  for (const part of parts) tally.add(part);
  const logprobs = outputLogprobs(response);
  return {
    ...answerHead(response),
    serviceTier: asString(response['service_tier']),
    usage: decodeUsage(response['usage']),
    choices: [
      {
        index: 0,
        parts,
        finish: decodeFinish(response, tally),
        logprobs: logprobs.length > 0 ? { content: logprobs } : undefined,
      },
    ],
  };
}

/** Id, model and time of a `response` object. */
export function answerHead(response: JsonObject | undefined): Pick<ChatAnswer, 'id' | 'model' | 'created'> {
  const created = toNumber(response?.['created_at']);
  return {
    id: asString(response?.['id']),
    model: asString(response?.['model']),
    // Some servers give fractions of a second.
    created: created === undefined ? undefined : Math.floor(created),
  };
}

/** Log probabilities of all texts of an answer. */
export function outputLogprobs(response: JsonObject): unknown[] {
  return objectsIn(response['output'])
    .flatMap((item) => objectsIn(item['content']))
    .flatMap(({ logprobs }) => (Array.isArray(logprobs) ? (logprobs as unknown[]) : []));
}

/** An answer that failed comes with status 200 where the work began well. */
function failure(response: JsonObject): GatewayError {
  const message = asString(asObject(response['error'])?.['message']);
  return new GatewayError('upstream_failed', message ?? 'The model provider could not finish its answer.');
}

/** The parts that an item of `output` is. */
export function outputParts(item: JsonObject, index: number): Part[] {
  switch (item['type']) {
    case 'message':
      return objectsIn(item['content']).flatMap((content) => contentPart(content) ?? []);
    case 'reasoning': {
      const part = reasoningPart(readReasoning(item));
      // Reasoning that shows and proves nothing is nothing to anyone.
      return part.text === '' && !part.signature ? [] : [part];
    }
    case 'function_call':
    case 'custom_tool_call':
      return [callPart(item)];
    default: {
      const name = asString(item['type']) ?? '';
      return [{ type: 'foreign', origin: 'openai-responses', value: item, name, path: `output[${index}]` }];
    }
  }
}

/** A content part of a message; undefined for types that are newer than this. */
export function contentPart(content: JsonObject): TextPart | RefusalPart | undefined {
  if (content['type'] === 'refusal') return { type: 'refusal', text: asString(content['refusal']) ?? '' };
  if (content['type'] !== 'output_text') return undefined;
  const citations = decodeAnnotations(content['annotations']);
  return { type: 'text', text: asString(content['text']) ?? '', ...(citations.length > 0 ? { citations } : {}) };
}

export function readReasoning(item: JsonObject): ReasoningItem {
  const textsOf = (key: string) => objectsIn(item[key]).map(({ text }) => asString(text) ?? '');
  return {
    id: asString(item['id']),
    summary: textsOf('summary'),
    content: textsOf('content'),
    encrypted: asString(item['encrypted_content']),
  };
}

export function callPart(item: JsonObject): ToolCallPart {
  const kind = item['type'] === 'custom_tool_call' ? 'custom' : 'function';
  const text = asString(item[kind === 'custom' ? 'input' : 'arguments']) ?? '';
  return {
    type: 'tool-call',
    id: asString(item['call_id']) ?? asString(item['id']) ?? '',
    name: asString(item['name']) ?? '',
    arguments: item['status'] === 'incomplete' ? text : saidArguments(text, kind),
    kind,
  };
}
