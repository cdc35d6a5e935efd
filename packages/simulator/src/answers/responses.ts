import type { Answer, AnswerContext, StreamEvent } from './answer.ts';
import { answerId, created } from './answer.ts';
import { argumentFragments, paceOf } from './chat.ts';
import { composeMessage, type Message, type ToolCall } from './message.ts';

/** Answers `/responses`, as one object or as typed events. */
export function responsesAnswer(context: AnswerContext): Answer {
  const message = composeMessage(context);
  return {
    contentType: 'application/json',
    body: () => Buffer.from(JSON.stringify(finishedResponse(context, message))),
    stream: context.request.stream ? () => responseEvents(context, message) : undefined,
    tokens: paceOf(message),
  };
}

function responseEvents(context: AnswerContext, message: Message): StreamEvent[] {
  const events: StreamEvent[] = [];
  const push = (type: string, fields: object, tokens = 0): void => {
    const data = JSON.stringify({ type, sequence_number: events.length, ...fields });
    events.push({ text: `event: ${type}\ndata: ${data}\n\n`, tokens });
  };
  const opened = { ...responseHead(context), status: 'in_progress', output: [], usage: null };
  push('response.created', { response: opened });
  push('response.in_progress', { response: opened });
  let outputIndex = 0;
  if (message.reasoning.length > 0) pushReasoning({ context, message, push, outputIndex: outputIndex++ });
  if (speaks(message)) pushText({ context, message, push, outputIndex: outputIndex++ });
  for (const call of message.toolCalls) pushToolCall({ call, push, outputIndex: outputIndex++ });
  const finished = finishedResponse(context, message);
  push(message.finishReason === 'length' ? 'response.incomplete' : 'response.completed', { response: finished });
  return events;
}

type Push = (type: string, fields: object, tokens?: number) => void;

interface ItemParts {
  readonly context: AnswerContext;
  readonly message: Message;
  readonly push: Push;
  readonly outputIndex: number;
}

function pushReasoning({ context, message, push, outputIndex }: ItemParts): void {
  const item = reasoningItem(context, message);
  const place = { item_id: item.id, output_index: outputIndex, summary_index: 0 };
  push('response.output_item.added', { output_index: outputIndex, item: { ...item, summary: [] } });
  push('response.reasoning_summary_part.added', { ...place, part: { type: 'summary_text', text: '' } });
  for (const delta of message.reasoning) push('response.reasoning_summary_text.delta', { ...place, delta });
  push('response.reasoning_summary_text.done', { ...place, text: message.reasoning.join('') });
  push('response.reasoning_summary_part.done', { ...place, part: item.summary[0] });
  push('response.output_item.done', { output_index: outputIndex, item });
}

function pushText(parts: ItemParts): void {
  const { context, message, push, outputIndex } = parts;
  const item = messageItem(context, message);
  const place = { item_id: item.id, output_index: outputIndex, content_index: 0 };
  const text = message.tokens.join('');
  push('response.output_item.added', {
    output_index: outputIndex,
    item: { ...item, status: 'in_progress', content: [] },
  });
  push('response.content_part.added', { ...place, part: outputText('') });
  for (const delta of message.tokens) push('response.output_text.delta', { ...place, delta, logprobs: [] }, 1);
  push('response.output_text.done', { ...place, text, logprobs: [] });
  push('response.content_part.done', { ...place, part: outputText(text) });
  push('response.output_item.done', { output_index: outputIndex, item });
}

function pushToolCall({ call, push, outputIndex }: { call: ToolCall; push: Push; outputIndex: number }): void {
  const item = toolCallItem(call);
  const place = { item_id: item.id, output_index: outputIndex };
  push('response.output_item.added', {
    output_index: outputIndex,
    item: { ...item, status: 'in_progress', arguments: '' },
  });
  for (const delta of argumentFragments(call.arguments)) {
    push('response.function_call_arguments.delta', { ...place, delta }, 1);
  }
  push('response.function_call_arguments.done', { ...place, arguments: call.arguments });
  push('response.output_item.done', { output_index: outputIndex, item });
}

function finishedResponse(context: AnswerContext, message: Message): unknown {
  const incomplete = message.finishReason === 'length';
  const reasoning = message.reasoning.length > 0 ? [reasoningItem(context, message)] : [];
  const spoken = speaks(message) ? [messageItem(context, message)] : [];
  return {
    ...responseHead(context),
    status: incomplete ? 'incomplete' : 'completed',
    incomplete_details: incomplete ? { reason: 'max_output_tokens' } : null,
    output: [...reasoning, ...spoken, ...message.toolCalls.map(toolCallItem)],
    usage: responseUsage(context, message),
  };
}

function responseHead(context: AnswerContext): object {
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
    previous_response_id: json['previous_response_id'] ?? null,
    store: json['store'] ?? true,
    temperature: json['temperature'] ?? 1,
    text: { format: { type: 'text' } },
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

function speaks(message: Message): boolean {
  return message.tokens.length > 0 || message.toolCalls.length === 0;
}

function reasoningItem(context: AnswerContext, message: Message) {
  return {
    id: answerId('rs_', context.index),
    type: 'reasoning',
    summary: [{ type: 'summary_text', text: message.reasoning.join('') }],
  };
}

function messageItem(context: AnswerContext, message: Message) {
  return {
    id: answerId('msg_', context.index),
    type: 'message',
    status: message.finishReason === 'length' ? 'incomplete' : 'completed',
    content: [outputText(message.tokens.join(''))],
    role: 'assistant',
  };
}

function outputText(text: string): object {
  return { type: 'output_text', annotations: [], logprobs: [], text };
}

function toolCallItem(call: ToolCall) {
  return {
    id: `fc_${call.id}`,
    type: 'function_call',
    status: 'completed',
    arguments: call.arguments,
    call_id: call.id,
    name: call.name,
  };
}
