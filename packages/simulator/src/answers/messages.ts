import type { Answer, AnswerContext, StreamEvent } from './answer.ts';
import { answerId, jsonAnswer } from './answer.ts';
import { argumentFragments, paceOf } from './chat.ts';
import { composeMessage, countPrompt, type Message, type ToolCall } from './message.ts';

/** Answers Anthropic's `/messages`, as one object or as typed events. */
export function messagesAnswer(context: AnswerContext): Answer {
  const message = composeMessage(context);
  return {
    contentType: 'application/json',
    body: () => Buffer.from(JSON.stringify(wholeMessage(context, message))),
    stream: context.request.stream ? () => messageEvents(context, message) : undefined,
    tokens: paceOf(message),
  };
}

/** Answers `/messages/count_tokens`. */
export function countTokensAnswer({ request }: AnswerContext): Answer {
  return jsonAnswer({ input_tokens: countPrompt(request) });
}

function wholeMessage(context: AnswerContext, message: Message): object {
  const text = message.tokens.join('');
  return {
    ...messageHead(context),
    content: [
      ...(message.reasoning.length > 0
        ? [{ type: 'thinking', thinking: message.reasoning.join(''), signature: thinkingSignature }]
        : []),
      ...(text === '' ? [] : [{ type: 'text', text }]),
      ...message.toolCalls.map((call) => ({ ...toolUse(call), input: parseArguments(call.arguments) })),
    ],
    stop_reason: stopReason(message),
    stop_sequence: null,
    ...withUsage(context, { input_tokens: message.promptTokens, output_tokens: message.completionTokens }),
  };
}

function messageEvents(context: AnswerContext, message: Message): StreamEvent[] {
  const events: StreamEvent[] = [];
  const push = (type: string, fields: object, tokens = 0): void => {
    events.push({ text: `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`, tokens });
  };
  let index = 0;
  const block = (opened: object, deltas: readonly (readonly [delta: object, tokens: number])[]): void => {
    push('content_block_start', { index, content_block: opened });
    for (const [delta, tokens] of deltas) push('content_block_delta', { index, delta }, tokens);
    push('content_block_stop', { index });
    index += 1;
  };
  const opening = withUsage(context, { input_tokens: message.promptTokens, output_tokens: 1 });
  const head = { ...messageHead(context), content: [], stop_reason: null, stop_sequence: null, ...opening };
  push('message_start', { message: head });
  push('ping', {});
  if (message.reasoning.length > 0) {
    const thoughts = message.reasoning.map((thinking) => [{ type: 'thinking_delta', thinking }, 0] as const);
    const signed = [{ type: 'signature_delta', signature: thinkingSignature }, 0] as const;
    block({ type: 'thinking', thinking: '', signature: '' }, [...thoughts, signed]);
  }
  if (message.tokens.length > 0) {
    block(
      { type: 'text', text: '' },
      message.tokens.map((text) => [{ type: 'text_delta', text }, 1]),
    );
  }
  for (const call of message.toolCalls) {
    const fragments = argumentFragments(call.arguments).map(
      (partial_json) => [{ type: 'input_json_delta', partial_json }, 1] as const,
    );
    block({ ...toolUse(call), input: {} }, fragments);
  }
  const delta = { stop_reason: stopReason(message), stop_sequence: null };
  push('message_delta', { delta, ...withUsage(context, { output_tokens: message.completionTokens }) });
  // What ends a stream here is an event of its own; leaving out the end of an OpenAI stream leaves it out too.
  if (context.spec.done !== false) push('message_stop', {});
  return events;
}

// Clients must hand a signature back unchanged; what it says is nobody's business.
const thinkingSignature = 'c2ltdWxhdGVkIHNpZ25hdHVyZQ==';

function messageHead({ index, spec, request }: AnswerContext): object {
  return { id: answerId('msg_', index), type: 'message', role: 'assistant', model: spec.model ?? request.model };
}

function withUsage({ spec }: AnswerContext, counted: object): object {
  if (spec.usage === 'never') return {};
  return { usage: typeof spec.usage === 'object' ? spec.usage : { ...cacheCounts, ...counted } };
}

const cacheCounts = { cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };

function stopReason({ finishReason }: Message): string {
  return stopReasons[finishReason] ?? finishReason;
}

const stopReasons: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
};

function toolUse(call: ToolCall): object {
  return { type: 'tool_use', id: call.id.replace(/^call_/, 'toolu_'), name: call.name };
}

function parseArguments(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
