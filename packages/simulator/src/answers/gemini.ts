import type { StreamForm } from '../wires.ts';
import { streamFormOf } from '../wires.ts';
import type { Answer, AnswerContext, StreamEvent } from './answer.ts';
import { answerId } from './answer.ts';
import { groundingMetadata } from './citations.ts';
import { paceOf, parseArguments } from './fragments.ts';
import { composeMessage, type Message, signatureOf } from './message.ts';

/** Answers Gemini's `generateContent` and `streamGenerateContent`, the latter as events or as one array. */
export function geminiAnswer(context: AnswerContext): Answer {
  const message = composeMessage(context);
  return {
    contentType: 'application/json; charset=UTF-8',
    body: () => Buffer.from(JSON.stringify(wholeAnswer(context, message), null, 2)),
    stream: context.request.stream ? () => frame(chunks(context, message), context) : undefined,
    tokens: paceOf(message),
  };
}

interface Chunk {
  readonly value: object;
  readonly tokens: number;
}

type Part = Readonly<Record<string, unknown>>;

function wholeAnswer(context: AnswerContext, message: Message): object {
  const said: Part[] = [];
  if (message.reasoning.length > 0) said.push({ text: message.reasoning.join(''), thought: true });
  if (message.tokens.length > 0) said.push({ text: message.tokens.join('') });
  said.push(...message.toolCalls.map(callPart));
  const last = said.at(-1);
  const signed = firstCall(said) ?? (last?.['thought'] === true ? undefined : last);
  const parts = said.map((part) => (part === signed ? { ...part, ...signature(context) } : part));
  return {
    candidates: [
      {
        // A refused answer has no content at all.
        ...((parts.length > 0 || message.refusal.length === 0) && { content: { parts, role: 'model' } }),
        ...ending(context, message),
      },
    ],
    ...about(context, message, { said: message.tokens.length, thought: message.reasoning.length }),
  };
}

function chunks(context: AnswerContext, message: Message): Chunk[] {
  const list: Chunk[] = [];
  const counts = { said: 0, thought: 0 };
  const push = (parts: readonly Part[] | undefined, tokens: number, rest: object = {}): void => {
    const content = parts === undefined ? {} : { content: { parts, role: 'model' } };
    list.push({
      value: { candidates: [{ ...content, index: 0, ...rest }], ...about(context, message, counts) },
      tokens,
    });
  };
  for (const text of message.reasoning) {
    counts.thought += 1;
    push([{ text, thought: true }], 0);
  }
  for (const text of message.tokens) {
    counts.said += 1;
    push([{ text }], 1);
  }
  // A call comes whole, however long its arguments are; the first one carries the signature.
  for (const [index, call] of message.toolCalls.entries()) {
    push([{ ...callPart(call), ...(index === 0 && signature(context)) }], 1);
  }
  counts.said = message.tokens.length;
  const end = ending(context, message);
  if (message.refusal.length > 0) push(undefined, 1, end);
  else push([{ text: '', ...(message.toolCalls.length === 0 && signature(context)) }], 0, end);
  return list;
}

function frame(list: readonly Chunk[], { request, spec }: AnswerContext): StreamEvent[] {
  const form: StreamForm = streamFormOf(request);
  if (form === 'sse') {
    return list.map(({ value, tokens }) => ({ text: `data: ${JSON.stringify(value)}\r\n\r\n`, tokens }));
  }
  const events = list.map(({ value, tokens }, index) => {
    return { text: `${index === 0 ? '[' : ',\r\n'}${JSON.stringify(value, null, 2)}\n`, tokens };
  });
  // The only end that this wire has; leaving out the end of an OpenAI stream leaves it out too.
  if (spec.done !== false) events.push({ text: ']', tokens: 0 });
  return events;
}

function ending({ spec }: AnswerContext, message: Message): object {
  const refused = message.refusal.length > 0;
  const text = message.tokens.join('');
  return {
    finishReason: refused && spec.finishReason === undefined ? 'SAFETY' : finishReason(message),
    index: 0,
    ...(refused && { finishMessage: message.refusal.join('') }),
    ...(spec.citations !== undefined && {
      groundingMetadata: groundingMetadata({ citations: spec.citations, text }),
    }),
  };
}

function about(
  { spec, index, request }: AnswerContext,
  message: Message,
  counts: { readonly said: number; readonly thought: number },
): object {
  return {
    ...(spec.usage !== 'never' && {
      usageMetadata: typeof spec.usage === 'object' ? spec.usage : countedUsage(message, counts),
    }),
    modelVersion: spec.model ?? request.model,
    responseId: answerId('', index),
  };
}

function countedUsage(message: Message, { said, thought }: { said: number; thought: number }): object {
  const complete = said === message.tokens.length;
  // Calls are counted when they are there, which is at the end.
  const candidates = complete ? message.completionTokens - message.reasoning.length : said;
  return {
    promptTokenCount: message.promptTokens,
    ...(candidates > 0 && { candidatesTokenCount: candidates }),
    totalTokenCount: message.promptTokens + candidates + thought,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: message.promptTokens }],
    ...(thought > 0 && { thoughtsTokenCount: thought }),
  };
}

function callPart(call: Message['toolCalls'][number]): Part {
  return { functionCall: { name: call.name, args: parseArguments(call.arguments) } };
}

function firstCall(parts: readonly Part[]): Part | undefined {
  return parts.find((part) => part['functionCall'] !== undefined);
}

function signature({ spec }: AnswerContext): object {
  const thoughtSignature = signatureOf(spec);
  return thoughtSignature === undefined ? {} : { thoughtSignature };
}

function finishReason({ finishReason: reason }: Message): string {
  return finishReasons[reason] ?? reason;
}

// Calls end like any answer here.
const finishReasons: Readonly<Record<string, string>> = {
  stop: 'STOP',
  tool_calls: 'STOP',
  length: 'MAX_TOKENS',
  content_filter: 'SAFETY',
};
