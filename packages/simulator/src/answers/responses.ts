import type { Answer, AnswerContext, StreamEvent } from './answer.ts';
import { responseAnnotations } from './citations.ts';
import { argumentFragments, mergeLists, paceOf } from './fragments.ts';
import { composeMessage, type Message, type ToolCall } from './message.ts';
import {
  finishedResponse,
  messageItem,
  reasoningItem,
  refusalPart,
  responseHead,
  speaks,
  textPart,
  toolCallItem,
} from './response-objects.ts';

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
  if (speaks(message)) pushMessage({ context, message, push, outputIndex: outputIndex++ });
  const calls = message.toolCalls.map((call, index) => toolCallEvents(call, outputIndex + index));
  for (const { type, fields, tokens } of mergeLists(calls, context.spec.interleave ?? false))
    push(type, fields, tokens);
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

function pushMessage(parts: ItemParts): void {
  const { context, message, push, outputIndex } = parts;
  const item = messageItem(context, message);
  push('response.output_item.added', {
    output_index: outputIndex,
    item: { ...item, status: 'in_progress', content: [] },
  });
  const place = { item_id: item.id, output_index: outputIndex };
  const refused = message.refusal.length > 0;
  const worded = message.tokens.length > 0 || !refused;
  if (worded) pushText(parts, { ...place, content_index: 0 });
  if (refused) pushRefusal(parts, { ...place, content_index: worded ? 1 : 0 });
  push('response.output_item.done', { output_index: outputIndex, item });
}

function pushText({ context, message, push }: ItemParts, place: object): void {
  const text = message.tokens.join('');
  const annotations = responseAnnotations({ citations: context.spec.citations ?? [], text });
  push('response.content_part.added', { ...place, part: textPart('', []) });
  for (const delta of message.tokens) push('response.output_text.delta', { ...place, delta, logprobs: [] }, 1);
  for (const [annotation_index, annotation] of annotations.entries()) {
    push('response.output_text.annotation.added', { ...place, annotation_index, annotation });
  }
  push('response.output_text.done', { ...place, text, logprobs: [] });
  push('response.content_part.done', { ...place, part: textPart(text, annotations) });
}

function pushRefusal({ message, push }: ItemParts, place: object): void {
  const refusal = message.refusal.join('');
  push('response.content_part.added', { ...place, part: refusalPart('') });
  for (const delta of message.refusal) push('response.refusal.delta', { ...place, delta }, 1);
  push('response.refusal.done', { ...place, refusal });
  push('response.content_part.done', { ...place, part: refusalPart(refusal) });
}

interface ResponseEvent {
  readonly type: string;
  readonly fields: object;
  readonly tokens: number;
}

function toolCallEvents(call: ToolCall, outputIndex: number): ResponseEvent[] {
  const item = toolCallItem(call);
  const place = { item_id: item.id, output_index: outputIndex };
  const opened = { ...item, status: 'in_progress', arguments: '' };
  return [
    { type: 'response.output_item.added', fields: { output_index: outputIndex, item: opened }, tokens: 0 },
    ...argumentFragments(call.arguments).map((delta) => {
      return { type: 'response.function_call_arguments.delta', fields: { ...place, delta }, tokens: 1 };
    }),
    {
      type: 'response.function_call_arguments.done',
      fields: { ...place, arguments: call.arguments },
      tokens: 0,
    },
    { type: 'response.output_item.done', fields: { output_index: outputIndex, item }, tokens: 0 },
  ];
}
