import type { ChatAnswer, Choice } from '../../canonical/chat-answer.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { writeExact } from '../../framing/exact-json.ts';
import type { AnswerContext } from '../protocol.ts';
import { encodeFinish } from './finish-reason.ts';
import { makeItemId } from './ids.ts';
import { attachedItem, encodeOutputItem } from './items.ts';
import { responseObject } from './response-object.ts';

/** A whole answer as a `response` object. The wire has one choice. */
export function encodeAnswer(answer: ChatAnswer, context: AnswerContext): Buffer {
  const choice = answer.choices[0];
  const { id, model, created, serviceTier, usage } = answer;
  const output = choice ? encodeOutput(choice, context) : [];
  const ending = { finish: encodeFinish(choice?.finish), usage, output };
  return Buffer.from(writeExact(responseObject({ context, head: { id, model, created, serviceTier }, ending })));
}

function encodeOutput({ parts, finish, logprobs }: Choice, context: AnswerContext): JsonObject[] {
  const output: JsonObject[] = [];
  let unplaced = logprobsContent(logprobs);
  parts.forEach((part, index) => {
    // An answer that broke off did so in its last part.
    const status = index === parts.length - 1 ? encodeFinish(finish).status : 'completed';
    const place = output.length;
    const item = encodeOutputItem(part, {
      idOf: (kind) => makeItemId(kind, context.id, place),
      status,
      logprobs: part.type === 'text' ? unplaced : [],
    });
    if (!item) return;
    output.push(item);
    if (part.type === 'text') unplaced = [];
    if ((part.type === 'text' || part.type === 'tool-call') && part.signature) {
      output.push(attachedItem(part.signature, makeItemId('rs', context.id, output.length)));
    }
  });
  return output;
}

/** Log probabilities token by token: the same objects as on OpenAI's chat wire. */
export function logprobsContent(logprobs: unknown): readonly unknown[] {
  if (typeof logprobs !== 'object' || logprobs === null || !('content' in logprobs)) return [];
  return Array.isArray(logprobs.content) ? logprobs.content : [];
}
