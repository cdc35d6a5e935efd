import type { ChatAnswer } from '../../canonical/chat-answer.ts';
import type { Part } from '../../canonical/conversation.ts';
import { asObject, asString, type JsonObject, objectsIn } from '../../canonical/json.ts';
import { argumentText } from '../argument-text.ts';
import { addPart, decodeCitations } from './decode-content.ts';
import { decodeFinish } from './finish-reason.ts';
import { decodeImage } from './media.ts';
import { ANSWER_PATH, decodeReasoning, foreignBlock, isServerTool, memberOf } from './parts.ts';
import { decodeServiceTier, decodeUsage } from './usage.ts';

/** Reads a whole answer. The wire gives it no id, no model and no time. */
export function decodeAnswer(body: JsonObject): ChatAnswer {
  const message = asObject(asObject(body['output'])?.['message']);
  const parts: Part[] = [];
  for (const block of objectsIn(message?.['content'])) {
    const part = decodeAnswerBlock(block);
    if (part) addPart(parts, part);
  }
  const finish = decodeFinish(body['stopReason'], body['additionalModelResponseFields']);
  return {
    id: undefined,
    model: undefined,
    created: undefined,
    serviceTier: decodeServiceTier(body['serviceTier']),
    usage: decodeUsage(body['usage']),
    choices: [{ index: 0, parts, finish, logprobs: undefined }],
  };
}

/** One block; undefined when nothing is in it. What is not known is kept for clients of this wire. */
function decodeAnswerBlock(block: JsonObject): Part | undefined {
  const [name, value] = memberOf(block);
  switch (name) {
    case 'text':
      return typeof value === 'string' && value !== '' ? { type: 'text', text: value } : undefined;
    case 'toolUse':
      return decodeToolUse(asObject(value) ?? {}) ?? foreignBlock(block, ANSWER_PATH);
    case 'reasoningContent':
      return decodeReasoning(value);
    case 'citationsContent':
      return decodeCitations(asObject(value) ?? {});
    case 'image':
      return decodeImage(value);
    case '':
      return undefined;
    default:
      return foreignBlock(block, ANSWER_PATH);
  }
}

function decodeToolUse(value: JsonObject): Part | undefined {
  if (isServerTool(value)) return undefined;
  const id = asString(value['toolUseId']) ?? '';
  const name = asString(value['name']) ?? '';
  return { type: 'tool-call', id, name, arguments: argumentText(value['input']), kind: 'function' };
}
