import type { Answer, AnswerContext, StreamEvent } from './answer.ts';
import { answerId } from './answer.ts';
import { cohereCitations } from './citations.ts';
import { argumentFragments, paceOf } from './fragments.ts';
import { composeMessage, type Message, spokenTokens, type ToolCall } from './message.ts';

/** Answers Cohere's `/v2/chat`. What is said beside tool calls is their plan. */
export function cohereAnswer(context: AnswerContext): Answer {
  const message = composeMessage(context);
  return {
    contentType: 'application/json',
    body: () => Buffer.from(JSON.stringify(wholeAnswer(context, message))),
    stream: context.request.stream ? () => cohereEvents(context, message) : undefined,
    tokens: paceOf(message),
  };
}

function wholeAnswer(context: AnswerContext, message: Message): object {
  const { spec } = context;
  const text = spokenTokens(message).join('');
  const calls = message.toolCalls.length > 0;
  const content = [
    ...(message.reasoning.length > 0 ? [{ type: 'thinking', thinking: message.reasoning.join('') }] : []),
    ...(text !== '' && !calls ? [{ type: 'text', text }] : []),
  ];
  return {
    id: answerId('', context.index),
    message: {
      role: 'assistant',
      ...(calls && text !== '' && { tool_plan: text }),
      ...(calls && { tool_calls: message.toolCalls.map((call) => toolCall(call, call.arguments)) }),
      ...((content.length > 0 || !calls) && { content }),
      ...(spec.citations !== undefined &&
        content.some(({ type }) => type === 'text') && {
          citations: cohereCitations({ citations: spec.citations, text }, content.length - 1),
        }),
    },
    finish_reason: finishReason(message),
    ...withUsage(context, message),
  };
}

function cohereEvents(context: AnswerContext, message: Message): StreamEvent[] {
  const { spec, index: attempt } = context;
  const events: StreamEvent[] = [];
  const push = (type: string, fields: object, tokens = 0): void => {
    events.push({ text: `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`, tokens });
  };
  const opened = { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] };
  // The id comes before the type here, and only here.
  const start = { id: answerId('', attempt), type: 'message-start', delta: { message: opened } };
  events.push({ text: `event: message-start\ndata: ${JSON.stringify(start)}\n\n`, tokens: 0 });
  let index = 0;
  const block = (type: 'thinking' | 'text', tokens: readonly string[], pace: number, after = (): void => {}): void => {
    push('content-start', { index, delta: { message: { content: { type, [type]: '' } } } });
    for (const token of tokens)
      push('content-delta', { index, delta: { message: { content: { [type]: token } } } }, pace);
    after();
    push('content-end', { index });
    index += 1;
  };
  if (message.reasoning.length > 0) block('thinking', message.reasoning, 0);
  const spoken = spokenTokens(message);
  if (message.toolCalls.length > 0) {
    for (const tool_plan of spoken) push('tool-plan-delta', { delta: { message: { tool_plan } } }, 1);
    for (const [position, call] of message.toolCalls.entries()) pushToolCall(push, position, call);
  } else if (spoken.length > 0) {
    block('text', spoken, 1, () => {
      const cited = cohereCitations({ citations: spec.citations ?? [], text: spoken.join('') }, index);
      for (const [position, citations] of cited.entries()) {
        push('citation-start', { index: position, delta: { message: { citations } } });
        push('citation-end', { index: position });
      }
    });
  }
  push('message-end', { delta: { finish_reason: finishReason(message), ...withUsage(context, message) } });
  if (spec.done !== false) events.push({ text: 'data: [DONE]\n\n', tokens: 0 });
  return events;
}

type Push = (type: string, fields: object, tokens?: number) => void;

function pushToolCall(push: Push, index: number, call: ToolCall): void {
  push('tool-call-start', { index, delta: { message: { tool_calls: toolCall(call, '') } } });
  for (const fragment of argumentFragments(call.arguments)) {
    push('tool-call-delta', { index, delta: { message: { tool_calls: { function: { arguments: fragment } } } } }, 1);
  }
  push('tool-call-end', { index });
}

function toolCall(call: ToolCall, text: string): object {
  return { id: call.id, type: 'function', function: { name: call.name, arguments: text } };
}

function withUsage({ spec }: AnswerContext, message: Message): object {
  if (spec.usage === 'never') return {};
  if (typeof spec.usage === 'object') return { usage: spec.usage };
  const counted = { input_tokens: message.promptTokens, output_tokens: message.completionTokens };
  const thought = message.reasoning.length;
  return {
    usage: {
      billed_units: counted,
      tokens: { ...counted, ...(thought > 0 && { reasoning_tokens: thought }) },
      cached_tokens: 0,
    },
  };
}

function finishReason({ finishReason: reason }: Message): string {
  return finishReasons[reason] ?? reason;
}

// There is no reason of its own for what a filter stopped.
const finishReasons: Readonly<Record<string, string>> = {
  stop: 'COMPLETE',
  length: 'MAX_TOKENS',
  tool_calls: 'TOOL_CALL',
  content_filter: 'ERROR',
};
