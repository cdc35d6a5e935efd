import type { ChatAnswer, Choice } from '../../canonical/chat-answer.ts';
import type { Part } from '../../canonical/conversation.ts';

/** An answer of these parts and little else. */
export function answerOf(parts: readonly Part[]): ChatAnswer {
  const choice: Choice = { index: 0, parts, finish: { reason: 'stop', raw: undefined }, logprobs: undefined };
  return {
    id: 'a',
    model: undefined,
    created: undefined,
    choices: [choice],
    usage: undefined,
    serviceTier: undefined,
  };
}
