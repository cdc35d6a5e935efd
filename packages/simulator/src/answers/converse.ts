import type { Answer, AnswerContext, StreamEvent } from './answer.ts';
import { answerId } from './answer.ts';
import { bedrockCitations } from './citations.ts';
import { encodeEvent } from './event-stream.ts';
import { argumentFragments, paceOf, parseArguments } from './fragments.ts';
import { composeMessage, type Message, signatureOf, spokenTokens, type ToolCall } from './message.ts';

/** Answers Bedrock's `converse` and `converse-stream`. */
export function converseAnswer(context: AnswerContext): Answer {
  const message = composeMessage(context);
  return {
    contentType: 'application/json',
    headers: requestIdHeader(context),
    body: () => Buffer.from(JSON.stringify(wholeAnswer(context, message))),
    stream: context.request.stream ? () => converseEvents(context, message) : undefined,
    tokens: paceOf(message),
  };
}

/** The header that every Bedrock answer has. */
export function requestIdHeader({ index }: AnswerContext): Readonly<Record<string, string>> {
  return { 'x-amzn-requestid': answerId('', index) };
}

function wholeAnswer(context: AnswerContext, message: Message): object {
  return {
    metrics: { latencyMs },
    output: { message: { content: contentBlocks(context, message), role: 'assistant' } },
    stopReason: stopReason(message),
    ...withUsage(context, message),
  };
}

function contentBlocks({ spec }: AnswerContext, message: Message): object[] {
  const text = spokenTokens(message).join('');
  const blocks: object[] = [];
  if (message.reasoning.length > 0) {
    const signature = signatureOf(spec);
    const reasoningText = { ...(signature !== undefined && { signature }), text: message.reasoning.join('') };
    blocks.push({ reasoningContent: { reasoningText } });
  }
  if (spec.redacted !== undefined) blocks.push({ reasoningContent: { redactedContent: blob(spec.redacted) } });
  if (text !== '' && spec.citations !== undefined) {
    const citations = bedrockCitations({ citations: spec.citations, text });
    blocks.push({ citationsContent: { content: [{ text }], citations } });
  } else if (text !== '') blocks.push({ text });
  for (const call of message.toolCalls) {
    blocks.push({ toolUse: { input: parseArguments(call.arguments), ...toolUse(call) } });
  }
  return blocks;
}

function converseEvents(context: AnswerContext, message: Message): StreamEvent[] {
  const { spec } = context;
  const events: StreamEvent[] = [];
  const push = (type: string, fields: object, tokens = 0): void => {
    // The service pads events, so that their lengths do not tell what is said.
    const padding = alphabet.slice(0, 1 + ((events.length * 17) % alphabet.length));
    events.push({ bytes: encodeEvent(type, JSON.stringify({ ...fields, p: padding })), tokens });
  };
  let contentBlockIndex = 0;
  const delta = (value: object, tokens = 0): void =>
    push('contentBlockDelta', { contentBlockIndex, delta: value }, tokens);
  const stop = (): void => push('contentBlockStop', { contentBlockIndex: contentBlockIndex++ });
  push('messageStart', { role: 'assistant' });
  if (message.reasoning.length > 0) {
    for (const text of message.reasoning) delta({ reasoningContent: { text } });
    const signature = signatureOf(spec);
    if (signature !== undefined) delta({ reasoningContent: { signature } });
    stop();
  }
  if (spec.redacted !== undefined) {
    delta({ reasoningContent: { redactedContent: blob(spec.redacted) } });
    stop();
  }
  const spoken = spokenTokens(message);
  if (spoken.length > 0) {
    // No event opens a text: its first delta does.
    const cited = { citations: spec.citations ?? [], text: spoken.join('') };
    for (const citation of bedrockCitations(cited)) delta({ citation });
    for (const text of spoken) delta({ text }, 1);
    stop();
  }
  for (const call of message.toolCalls) {
    push('contentBlockStart', { contentBlockIndex, start: { toolUse: toolUse(call) } });
    for (const input of argumentFragments(call.arguments)) delta({ toolUse: { input } }, 1);
    stop();
  }
  push('messageStop', { stopReason: stopReason(message) });
  // What ends a stream here; leaving out the end of an OpenAI stream leaves it out too.
  if (spec.done !== false) push('metadata', { metrics: { latencyMs }, ...withUsage(context, message) });
  return events;
}

const latencyMs = 321;
const alphabet = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

function withUsage({ spec }: AnswerContext, message: Message): object {
  if (spec.usage === 'never') return {};
  if (typeof spec.usage === 'object') return { usage: spec.usage };
  const { promptTokens, completionTokens } = message;
  return {
    usage: {
      inputTokens: promptTokens,
      outputTokens: completionTokens,
      totalTokens: promptTokens + completionTokens,
      cacheReadInputTokens: 0,
      cacheWriteInputTokens: 0,
    },
  };
}

function toolUse(call: ToolCall): object {
  return { name: call.name, toolUseId: call.id.replace(/^call_/, 'tooluse_') };
}

function blob(text: string): string {
  return Buffer.from(text).toString('base64');
}

function stopReason({ finishReason, refusal }: Message): string {
  if (refusal.length > 0 && finishReason === 'stop') return 'content_filtered';
  return stopReasons[finishReason] ?? finishReason;
}

const stopReasons: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'content_filtered',
};
