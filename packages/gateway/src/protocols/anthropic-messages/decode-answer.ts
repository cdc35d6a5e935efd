import type { ChatAnswer } from '../../canonical/chat-answer.ts';
import { asString, type JsonObject, objectsIn } from '../../canonical/json.ts';
import { decodeFinish } from './finish-reason.ts';
import { decodeAnswerBlock } from './parts.ts';
import { decodeAnsweredTier, decodeUsage } from './usage.ts';

/** Reads a whole answer. */
export function decodeAnswer(body: JsonObject): ChatAnswer {
  return {
    id: asString(body['id']),
    model: asString(body['model']),
    created: undefined,
    serviceTier: decodeAnsweredTier(body['usage']),
    usage: decodeUsage(body['usage']),
    choices: [
      {
        index: 0,
        parts: objectsIn(body['content']).map((block, index) => decodeAnswerBlock(block, `content[${index}]`)),
        finish: decodeFinish(body['stop_reason'], body['stop_sequence']),
        logprobs: undefined,
      },
    ],
  };
}
