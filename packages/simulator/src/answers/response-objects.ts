import type { AnswerContext } from './answer.ts';
import { answerId, created } from './answer.ts';
import { responseAnnotations } from './citations.ts';
import { type Message, signatureOf, type ToolCall } from './message.ts';

/** The whole response, as it is when it has ended. */
export function finishedResponse(context: AnswerContext, message: Message): unknown {
  const incomplete = message.finishReason === 'length';
  const reasoning = message.reasoning.length > 0 ? [reasoningItem(context, message)] : [];
  const spoken = speaks(message) ? [messageItem(context, message)] : [];
  return {
    ...responseHead(context),
    status: incomplete ? 'incomplete' : 'completed',
    incomplete_details: incomplete ? { reason: 'max_output_tokens' } : null,
    output: [...reasoning, ...spoken, ...message.toolCalls.map(toolCallItem)],
    usage: responseUsage(context, message),
    ...(context.spec.serviceTier !== undefined && { service_tier: context.spec.serviceTier }),
  };
}

/** What a response says before it has any output. */
export function responseHead(context: AnswerContext): object {
  const json = context.request.json ?? {};
  return {
    id: answerId('resp_', context.index),
    object: 'response',
    created_at: created,
    background: false,
    error: null,
    incomplete_details: null,
    instructions: json['instructions'] ?? null,
    max_output_tokens: json['max_output_tokens'] ?? null,
    model: context.spec.model ?? context.request.model,
    parallel_tool_calls: true,
    // What was asked for; what it became stands in the last event only.
    ...(context.spec.serviceTier !== undefined && { service_tier: 'auto' }),
    previous_response_id: json['previous_response_id'] ?? null,
    store: json['store'] ?? true,
    temperature: json['temperature'] ?? 1,
    text: json['text'] ?? { format: { type: 'text' } },
    tool_choice: json['tool_choice'] ?? 'auto',
    tools: json['tools'] ?? [],
    top_p: json['top_p'] ?? 1,
    truncation: 'disabled',
    metadata: json['metadata'] ?? {},
  };
}

function responseUsage(context: AnswerContext, message: Message): unknown {
  const { usage } = context.spec;
  if (usage === 'never') return null;
  if (typeof usage === 'object') return usage;
  return {
    input_tokens: message.promptTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: message.completionTokens,
    output_tokens_details: { reasoning_tokens: message.reasoning.length },
    total_tokens: message.promptTokens + message.completionTokens,
  };
}

/** Whether there is a message among the output. */
export function speaks(message: Message): boolean {
  return message.tokens.length > 0 || message.refusal.length > 0 || message.toolCalls.length === 0;
}

/** What was thought: its summary, and its signature when the request includes it or the behaviour scripts one. */
export function reasoningItem({ index, spec, request }: AnswerContext, message: Message) {
  const { include } = request.json ?? {};
  const asked = Array.isArray(include) && include.includes('reasoning.encrypted_content');
  const signature = asked || spec.signature !== undefined ? signatureOf(spec) : undefined;
  return {
    id: answerId('rs_', index),
    type: 'reasoning',
    summary: [{ type: 'summary_text', text: message.reasoning.join('') }],
    ...(signature !== undefined && { encrypted_content: signature }),
  };
}

/** What was said, refused or not. */
export function messageItem({ index, spec }: AnswerContext, message: Message) {
  const text = message.tokens.join('');
  const annotations = responseAnnotations({ citations: spec.citations ?? [], text });
  const refused = message.refusal.length > 0;
  return {
    id: answerId('msg_', index),
    type: 'message',
    status: message.finishReason === 'length' ? 'incomplete' : 'completed',
    content: [
      ...(text === '' && refused ? [] : [textPart(text, annotations)]),
      ...(refused ? [refusalPart(message.refusal.join(''))] : []),
    ],
    role: 'assistant',
  };
}

/** A part of a message that is text. */
export function textPart(text: string, annotations: readonly object[]): object {
  return { type: 'output_text', annotations, logprobs: [], text };
}

/** A part of a message that is a refusal. */
export function refusalPart(refusal: string): object {
  return { type: 'refusal', refusal };
}

/** The call of a function. */
export function toolCallItem(call: ToolCall) {
  return {
    id: `fc_${call.id}`,
    type: 'function_call',
    status: 'completed',
    arguments: call.arguments,
    call_id: call.id,
    name: call.name,
  };
}
