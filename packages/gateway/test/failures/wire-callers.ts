import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import { arrayFrames, at, binaryFrames, eventFrames, type Frame, textAt } from './wire-frames.ts';

/** What a stream told its caller before it was over, however that was. */
export interface Told {
  /** Whatever was said: text, then the arguments of calls. */
  readonly text: string;
  /** How often the answer began. */
  readonly starts: number;
  /** Why it ended, as often as that was said. */
  readonly finishes: readonly string[];
  /** Whatever says that nothing follows: `[DONE]`, `message_stop`. */
  readonly terminators: number;
  /** Messages of errors told in the stream. */
  readonly errors: readonly string[];
  /** Whether the stream's last event is its error. */
  readonly endsInError: boolean;
}

/** A wire as one of its clients asks and reads, written from the wire's documents. */
export interface WireCaller {
  /** The wire, and its form where there are two. */
  readonly name: string;
  readonly wire: ProtocolName;
  /** Content type of its streams. */
  readonly streamType: string;
  /** Whether an answer's start and its end are events of their own. */
  readonly marks: { readonly start: boolean; readonly terminator: boolean };
  request(model: string, stream: boolean): { readonly path: string; readonly body: object };
  /** Throws when the bytes are no stream of the wire, whole event by whole event. */
  readStream(body: Buffer): Told;
  /** The text and the finish of a whole answer. */
  readAnswer(answer: unknown): { readonly text: string; readonly finish: string };
  /** The message of an error's body; throws when it has not the wire's shape. */
  readError(body: unknown): string;
}

/** What a frame adds to what was told. */
interface Said {
  readonly text?: string;
  readonly start?: boolean;
  readonly finish?: string;
  readonly terminator?: boolean;
  readonly error?: string;
  /** It says no more than the error before it. */
  readonly isErrorAgain?: boolean;
}

function tell(frames: readonly Frame[], read: (value: unknown, frame: Frame) => Said): Told {
  const said = frames.map(
    (frame): Said => (frame.data === '[DONE]' ? { terminator: true } : read(JSON.parse(frame.data), frame)),
  );
  return {
    text: said.map(({ text = '' }) => text).join(''),
    starts: said.filter(({ start }) => start === true).length,
    finishes: said.flatMap(({ finish }) => finish || []),
    terminators: said.filter(({ terminator }) => terminator === true).length,
    errors: said.flatMap(({ error }) => error ?? []),
    endsInError: said.findLast(({ isErrorAgain }) => isErrorAgain !== true)?.error !== undefined,
  };
}

const user = { role: 'user', content: 'Hello there' };
const both = { start: true, terminator: true } as const;

function isError(value: unknown, isOfTheWire: boolean): string {
  if (!isOfTheWire) throw new Error(`No error of the wire: ${JSON.stringify(value)}`);
  return textAt(value, 'error', 'message') || textAt(value, 'message');
}

const openaiError = (value: unknown): string =>
  isError(value, Object.keys(value as object).join() === 'error' && textAt(value, 'error', 'type') !== '');

const openaiChat: WireCaller = {
  name: 'openai-chat',
  wire: 'openai-chat',
  streamType: 'text/event-stream',
  marks: both,
  request: (model, stream) => ({ path: '/v1/chat/completions', body: { model, stream, messages: [user] } }),
  readStream: (body) =>
    tell(eventFrames(body), (value) => {
      if (at(value, 'error') !== undefined) return { error: openaiError(value) };
      return {
        start: textAt(value, 'choices', 0, 'delta', 'role') !== '',
        text:
          textAt(value, 'choices', 0, 'delta', 'content') +
          textAt(value, 'choices', 0, 'delta', 'tool_calls', 0, 'function', 'arguments'),
        finish: textAt(value, 'choices', 0, 'finish_reason'),
      };
    }),
  readAnswer: (answer) => ({
    text: textAt(answer, 'choices', 0, 'message', 'content'),
    finish: textAt(answer, 'choices', 0, 'finish_reason'),
  }),
  readError: openaiError,
};

const openaiResponses: WireCaller = {
  name: 'openai-responses',
  wire: 'openai-responses',
  streamType: 'text/event-stream',
  marks: both,
  request: (model, stream) => ({ path: '/v1/responses', body: { model, stream, input: 'Hello there' } }),
  readStream: (body) =>
    tell(eventFrames(body), (value, { name }) => {
      if (textAt(value, 'type') !== name) throw new Error(`The event ${name} is of another type.`);
      if (name === 'error') return { error: textAt(value, 'message') };
      // Codex reads this one in place of the other; they are one error.
      if (name === 'response.failed') return { isErrorAgain: textAt(value, 'response', 'error', 'message') !== '' };
      const isEnd = name === 'response.completed' || name === 'response.incomplete';
      return {
        start: name === 'response.created',
        text: /^response\.(output_text|function_call_arguments)\.delta$/.test(name) ? textAt(value, 'delta') : '',
        terminator: isEnd,
        finish: isEnd ? name : '',
      };
    }),
  readAnswer: (answer) => ({
    text: textAt(answer, 'output', 0, 'content', 0, 'text'),
    finish: textAt(answer, 'status'),
  }),
  readError: openaiError,
};

const anthropicMessages: WireCaller = {
  name: 'anthropic-messages',
  wire: 'anthropic-messages',
  streamType: 'text/event-stream',
  marks: both,
  request: (model, stream) => ({
    path: '/v1/messages',
    body: { model, stream, max_tokens: 2_000_000, messages: [user] },
  }),
  readStream: (body) =>
    tell(eventFrames(body), (value, { name }) => {
      if (textAt(value, 'type') !== name) throw new Error(`The event ${name} is of another type.`);
      if (name === 'error') return { error: anthropicMessages.readError(value) };
      return {
        start: name === 'message_start',
        text: textAt(value, 'delta', 'text') + textAt(value, 'delta', 'partial_json'),
        finish: textAt(value, 'delta', 'stop_reason'),
        terminator: name === 'message_stop',
      };
    }),
  readAnswer: (answer) => ({ text: textAt(answer, 'content', 0, 'text'), finish: textAt(answer, 'stop_reason') }),
  readError: (value) => isError(value, textAt(value, 'type') === 'error' && textAt(value, 'error', 'type') !== ''),
};

const geminiError = (value: unknown): string =>
  isError(value, typeof at(value, 'error', 'code') === 'number' && /^[A-Z_]+$/.test(textAt(value, 'error', 'status')));

const geminiEvent = (value: unknown): Said => {
  // No answer: it stops those who take an error for one without content.
  if (typeof value === 'string') return { isErrorAgain: true };
  if (at(value, 'error') !== undefined) return { error: geminiError(value) };
  const part = at(value, 'candidates', 0, 'content', 'parts', 0);
  return {
    text:
      at(part, 'thought') === true
        ? ''
        : textAt(part, 'text') + (JSON.stringify(at(part, 'functionCall', 'args')) ?? ''),
    finish: textAt(value, 'candidates', 0, 'finishReason'),
  };
};

const gemini: WireCaller = {
  name: 'gemini',
  wire: 'gemini',
  streamType: 'text/event-stream',
  marks: { start: false, terminator: false },
  request: (model, stream) => ({
    path: `/v1beta/models/${encodeURIComponent(model)}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: { contents: [{ role: 'user', parts: [{ text: 'Hello there' }] }] },
  }),
  readStream: (body) => tell(eventFrames(body), geminiEvent),
  readAnswer: (answer) => {
    const { text = '', finish = '' } = geminiEvent(answer);
    return { text, finish };
  },
  readError: geminiError,
};

const geminiArray: WireCaller = {
  ...gemini,
  name: 'gemini, as an array',
  streamType: 'application/json',
  request: (model, stream) => {
    const { path, body } = gemini.request(model, stream);
    return { path: path.replace('?alt=sse', ''), body };
  },
  readStream: (body) => tell(arrayFrames(body), geminiEvent),
};

const bedrockConverse: WireCaller = {
  name: 'bedrock-converse',
  wire: 'bedrock-converse',
  streamType: 'application/vnd.amazon.eventstream',
  // The usage that follows the stop reason is about the answer, not of it.
  marks: { start: true, terminator: false },
  request: (model, stream) => ({
    path: `/model/${encodeURIComponent(model)}/converse${stream ? '-stream' : ''}`,
    body: { messages: [{ role: 'user', content: [{ text: 'Hello there' }] }] },
  }),
  readStream: (body) =>
    tell(binaryFrames(body), (value, { name, isException }) => {
      if (isException) return { error: isError(value, /^[a-z]\w+Exception$/.test(name)) };
      return {
        start: name === 'messageStart',
        text: textAt(value, 'delta', 'text') + textAt(value, 'delta', 'toolUse', 'input'),
        finish: textAt(value, 'stopReason'),
      };
    }),
  readAnswer: (answer) => ({
    text: textAt(answer, 'output', 'message', 'content', 0, 'text'),
    finish: textAt(answer, 'stopReason'),
  }),
  readError: (value) => isError(value, Object.keys(value as object).join() === 'message'),
};

const cohereChat: WireCaller = {
  name: 'cohere-chat',
  wire: 'cohere-chat',
  streamType: 'text/event-stream',
  marks: both,
  request: (model, stream) => ({ path: '/v2/chat', body: { model, stream, messages: [user] } }),
  readStream: (body) =>
    tell(eventFrames(body), (value, { name }) => {
      if (textAt(value, 'type') !== name) throw new Error(`The event ${name} is of another type.`);
      const error = textAt(value, 'delta', 'error');
      if (error !== '') return { error };
      return {
        start: name === 'message-start',
        text:
          textAt(value, 'delta', 'message', 'content', 'text') +
          textAt(value, 'delta', 'message', 'tool_calls', 'function', 'arguments'),
        finish: textAt(value, 'delta', 'finish_reason'),
      };
    }),
  readAnswer: (answer) => ({
    text: textAt(answer, 'message', 'content', 0, 'text'),
    finish: textAt(answer, 'finish_reason'),
  }),
  readError: (value) => isError(value, textAt(value, 'message') !== ''),
};

/** The clients of all wires, of Gemini's in both forms. */
export const wireCallers: readonly WireCaller[] = [
  openaiChat,
  openaiResponses,
  anthropicMessages,
  gemini,
  geminiArray,
  bedrockConverse,
  cohereChat,
];
