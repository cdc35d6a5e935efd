import type { ChatAnswer } from '../../canonical/chat-answer.ts';
import type { Part, ToolCallPart } from '../../canonical/conversation.ts';
import { asObject, asString, type JsonObject, objectsIn } from '../../canonical/json.ts';
import type { DecodeContext } from '../protocol.ts';
import { joinAssistant } from './decode-assistant.ts';
import { decodeFinish } from './finish-reason.ts';
import { decodeLogprobs } from './logprobs.ts';
import { decodeUsage } from './usage.ts';

/** Reads a whole answer of `POST /v2/chat`. */
export function decodeAnswer(body: JsonObject, { idSeed }: DecodeContext): ChatAnswer {
  const message = asObject(body['message']);
  const parts = joinAssistant({
    content: decodeContent(message?.['content']),
    toolPlan: asString(message?.['tool_plan']),
    toolCalls: objectsIn(message?.['tool_calls']).map((call, index) => decodeCall(call, madeId(idSeed, index))),
    citations: message?.['citations'],
  });
  return {
    id: asString(body['id']),
    model: undefined,
    created: undefined,
    choices: [
      {
        index: 0,
        // Empty text is none; a stream has no part for it either.
        parts: parts.filter((part) => !('text' in part) || part.text !== ''),
        finish: decodeFinish(asString(body['finish_reason'])),
        logprobs: body['logprobs'] === undefined ? undefined : decodeLogprobs(body['logprobs']),
      },
    ],
    usage: decodeUsage(body['usage']),
    serviceTier: undefined,
  };
}

/** A call's id where the upstream gave none. */
export function madeId(idSeed: string, index: number): string {
  return `call_${idSeed}_${index}`;
}

function decodeContent(content: unknown): readonly Part[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return objectsIn(content).map((item, index): Part => {
    const { type, text, thinking } = item;
    if (typeof thinking === 'string') return { type: 'reasoning', text: thinking };
    if (typeof text === 'string') return { type: 'text', text };
    const name = asString(type) ?? '';
    return { type: 'foreign', origin: 'cohere-chat', value: item, name, path: `message.content[${index}]` };
  });
}

function decodeCall(call: JsonObject, idIfNone: string): ToolCallPart {
  const called = asObject(call['function']);
  return {
    type: 'tool-call',
    id: asString(call['id']) ?? idIfNone,
    name: asString(called?.['name']) ?? '',
    // A stream says nothing where a whole answer says `{}`.
    arguments: asString(called?.['arguments']) || '{}',
    kind: 'function',
  };
}
