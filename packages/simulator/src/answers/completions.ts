import type { Answer, AnswerContext, StreamEvent } from './answer.ts';
import { answerId, created } from './answer.ts';
import { choiceCount, streamsUsage, usageOf } from './chat.ts';
import { composeMessage, spokenTokens } from './message.ts';

/** Answers the older `/completions`. */
export function completionsAnswer(context: AnswerContext): Answer {
  const message = composeMessage({ ...context, spec: { ...context.spec, toolCalls: [] } });
  const model = context.spec.model ?? context.request.model;
  const head = { id: answerId('cmpl-', context.index), object: 'text_completion', created, model };
  const said = spokenTokens(message);
  const count = choiceCount(context);
  const choices = (text: string, finish: string | null): unknown[] =>
    Array.from({ length: count }, (_, index) => ({ text, index, logprobs: null, finish_reason: finish }));
  const usage = usageOf(context, message, count);
  const events = (): StreamEvent[] => {
    const event = (value: unknown, tokens: number): StreamEvent => ({
      text: `data: ${JSON.stringify(value)}\n\n`,
      tokens,
    });
    const list = said.map((token) => event({ ...head, choices: choices(token, null) }, 1));
    list.push(event({ ...head, choices: choices('', message.finishReason) }, 0));
    if (streamsUsage(context)) list.push(event({ ...head, choices: [], usage }, 0));
    if (context.spec.done !== false) list.push({ text: 'data: [DONE]\n\n', tokens: 0 });
    return list;
  };
  return {
    contentType: 'application/json',
    body: () => Buffer.from(JSON.stringify({ ...head, choices: choices(said.join(''), message.finishReason), usage })),
    stream: context.request.stream ? events : undefined,
    tokens: said.length,
  };
}
