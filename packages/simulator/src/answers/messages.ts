import type { Answer, AnswerContext, StreamEvent } from './answer.ts';
import { answerId, jsonAnswer } from './answer.ts';
import { anthropicCitations } from './citations.ts';
import { argumentFragments, paceOf, parseArguments } from './fragments.ts';
import { composeMessage, type Message, signatureOf, spokenTokens, type ToolCall } from './message.ts';
import { countPrompt } from './prompt.ts';

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
  const { spec } = context;
  const text = spokenTokens(message).join('');
  const { citations } = spec;
  return {
    ...messageHead(context),
    content: [
      ...(message.reasoning.length > 0
        ? [{ type: 'thinking', thinking: message.reasoning.join(''), signature: signatureOf(spec) ?? '' }]
        : []),
      ...(spec.redacted === undefined ? [] : [{ type: 'redacted_thinking', data: spec.redacted }]),
      ...(text === ''
        ? []
        : [{ type: 'text', text, ...(citations && { citations: anthropicCitations({ citations, text }) }) }]),
      ...message.toolCalls.map((call) => ({ ...toolUse(call), input: parseArguments(call.arguments) })),
    ],
    ...ending(message),
    ...withUsage(context, { input_tokens: message.promptTokens, output_tokens: message.completionTokens }),
  };
}

function messageEvents(context: AnswerContext, message: Message): StreamEvent[] {
  const events: StreamEvent[] = [];
  const push = (type: string, fields: object, tokens = 0): void => {
    events.push({ text: `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`, tokens });
  };
  let index = 0;
  const block: PushBlock = (opened, deltas) => {
    push('content_block_start', { index, content_block: opened });
    for (const [delta, tokens] of deltas) push('content_block_delta', { index, delta }, tokens);
    push('content_block_stop', { index });
    index += 1;
  };
  const opening = withUsage(context, { input_tokens: message.promptTokens, output_tokens: 1 });
  const head = { ...messageHead(context), content: [], stop_reason: null, stop_sequence: null, ...opening };
  push('message_start', { message: head });
  push('ping', {});
  pushThoughts(context, message, block);
  const spoken = spokenTokens(message);
  if (spoken.length > 0) {
    const { citations } = context.spec;
    const cited = anthropicCitations({ citations: citations ?? [], text: spoken.join('') }).map(
      (citation) => [{ type: 'citations_delta', citation }, 0] as const,
    );
    const words = spoken.map((text) => [{ type: 'text_delta', text }, 1] as const);
    block({ ...(citations && { citations: [] }), type: 'text', text: '' }, [...cited, ...words]);
  }
  for (const call of message.toolCalls) {
    const fragments = argumentFragments(call.arguments).map(
      (partial_json) => [{ type: 'input_json_delta', partial_json }, 1] as const,
    );
    block({ ...toolUse(call), input: {} }, fragments);
  }
  push('message_delta', { delta: ending(message), ...withUsage(context, { output_tokens: message.completionTokens }) });
  // What ends a stream here is an event of its own; leaving out the end of an OpenAI stream leaves it out too.
  if (context.spec.done !== false) push('message_stop', {});
  return events;
}

type PushBlock = (opened: object, deltas: readonly (readonly [delta: object, tokens: number])[]) => void;

function pushThoughts({ spec }: AnswerContext, message: Message, block: PushBlock): void {
  if (message.reasoning.length > 0) {
    const thoughts = message.reasoning.map((thinking) => [{ type: 'thinking_delta', thinking }, 0] as const);
    const signature = signatureOf(spec);
    const signed = signature === undefined ? [] : [[{ type: 'signature_delta', signature }, 0] as const];
    block({ type: 'thinking', thinking: '', signature: '' }, [...thoughts, ...signed]);
  }
  // What is redacted comes whole, with the event that opens it.
  if (spec.redacted !== undefined) block({ type: 'redacted_thinking', data: spec.redacted }, []);
}

function messageHead({ index, spec, request }: AnswerContext): object {
  return { id: answerId('msg_', index), type: 'message', role: 'assistant', model: spec.model ?? request.model };
}

function withUsage({ spec }: AnswerContext, counted: object): object {
  if (spec.usage === 'never') return {};
  return { usage: typeof spec.usage === 'object' ? spec.usage : { ...cacheCounts, ...counted } };
}

const cacheCounts = { cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };

function ending({ finishReason, refusal }: Message): object {
  const refused = refusal.length > 0;
  const stop_reason = refused && finishReason === 'stop' ? 'refusal' : (stopReasons[finishReason] ?? finishReason);
  const details = { type: 'refusal', category: null, explanation: refusal.join('') };
  return { stop_reason, stop_sequence: null, ...(refused && { stop_details: details }) };
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
