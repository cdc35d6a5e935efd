import type { ChatAnswer } from '../../canonical/chat-answer.ts';
import { writeExact } from '../../framing/exact-json.ts';
import type { AnswerContext } from '../protocol.ts';
import { encodeAssistant } from './encode-assistant.ts';
import { encodeFinish } from './finish-reason.ts';
import { encodeLogprobs } from './logprobs.ts';
import { encodeUsage } from './usage.ts';

/** A whole answer as Cohere's clients read it: one choice, and no name of a model. */
export function encodeAnswer({ id, choices, usage }: ChatAnswer, context: AnswerContext): Buffer {
  const choice = choices[0];
  const parts = choice?.parts ?? [];
  const hasRefusal = parts.some(({ type }) => type === 'refusal');
  const logprobs = encodeLogprobs(choice?.logprobs);
  return Buffer.from(
    writeExact({
      id: id ?? context.id,
      message: encodeAssistant(parts) ?? { role: 'assistant', content: [] },
      finish_reason: encodeFinish(choice?.finish ?? { reason: 'other', raw: undefined }, hasRefusal),
      ...(usage === undefined ? {} : { usage: encodeUsage(usage) }),
      ...(logprobs.length === 0 ? {} : { logprobs }),
    }),
  );
}
