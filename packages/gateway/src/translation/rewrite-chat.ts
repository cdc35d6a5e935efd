import { saysNothing } from '../canonical/chat-answer.ts';
import { answerTokens } from '../canonical/estimate-tokens.ts';
import type { JsonObject } from '../canonical/json.ts';
import type { AnswerContext, DecodeContext, Protocol } from '../protocols/protocol.ts';
import { failureOf } from '../relay/attempt.ts';
import { failedAnswer, faultIn } from '../relay/failed-answer.ts';
import { classifyBody } from '../resilience/classify.ts';
import type { Failure } from '../resilience/failure.ts';
import type { RewriteAnswer } from './translated-unary.ts';

export interface RewriteChatInput {
  readonly client: Protocol;
  readonly upstream: Protocol;
  readonly decodeContext: DecodeContext;
  readonly answerContext: AnswerContext;
}

/** How whole answers to chats are written in the caller's wire. */
export function rewriteChat({ client, upstream, decodeContext, answerContext }: RewriteChatInput): RewriteAnswer {
  const { answerMembers, decodeAnswer } = upstream.upstream;
  return (value) => {
    const failure = missingEssential(value, answerMembers.essential);
    if (failure) return failure;
    const fault = faultIn(value, answerMembers.failure);
    if (fault !== undefined) return failedAnswer(Buffer.from(JSON.stringify(value)), fault);
    const answer = decodeAnswer(value, decodeContext);
    if (saysNothing(answer)) return failureOf('malformed', "the provider's answer is empty");
    const body = client.client.encodeAnswer(answer, answerContext);
    const outputTokens = answer.usage === undefined ? answerTokens(answer) : undefined;
    return { body, usage: answer.usage, outputTokens, responseModel: answer.model, serviceTier: answer.serviceTier };
  };
}

/** The failure that an answer is which lacks what every answer has. */
export function missingEssential(value: JsonObject, essential: readonly string[]): Failure | undefined {
  if (essential.some((member) => (value[member] ?? undefined) !== undefined)) return undefined;
  // Some providers report failures under status 200.
  if ((value['error'] ?? undefined) !== undefined) return classifyBody(Buffer.from(JSON.stringify(value)));
  return failureOf('malformed', `the provider's answer has no "${essential[0]}"`);
}
