import { tokensOfBytes } from '../../canonical/estimate-tokens.ts';
import type { Usage } from '../../canonical/usage.ts';
import { isKey, scanJson } from '../../framing/json-scan.ts';
import type { SseEvent } from '../../framing/sse-splitter.ts';
import type { EventVerdict, StreamReader } from '../stream-reader.ts';
import { UNFINISHED_ANSWER } from '../unfinished-answer.ts';
import { faultOf } from './finish-reason.ts';
import { decodeUsage } from './usage.ts';

const OPEN_BRACE = 123;
const OPEN_BRACKET = 91;
const QUOTE = 34;
/** Bytes around the arguments of a tool call's fragment: `[{"index":0,"function":{"arguments":""}}]`. */
const CALL_FRAME = 44;
const TERMINATOR = Buffer.from('data: [DONE]\n\n');
const NOTHING = Buffer.alloc(0);

export interface ChatStreamOptions {
  /** Choices the caller asked for (`n`); the answer is whole when all have finished. */
  readonly choices: number;
  /** The gateway asked for usage and the caller did not: the event that carries only usage is not for it. */
  readonly hideUsage: boolean;
}

/**
 * Reads streams of `/v1/chat/completions` and `/v1/completions`. Until the first token each event is parsed, to tell a
 * preamble from content; from then on one pass over the bytes finds all that matters.
 */
export class ChatStreamReader implements StreamReader {
  readonly #options: ChatStreamOptions;
  #speaking = false;
  /** Indices of the choices that have finished; some providers say so more than once. */
  readonly #finished = new Set<unknown>();
  #done = false;
  #textBytes = 0;
  usage: Usage | undefined;
  responseModel: string | undefined;
  serviceTier: string | undefined;
  errorData: Buffer | undefined;

  // What the visitor saw in the event at hand.
  #bytes: Buffer = NOTHING;
  #usageStart = 0;
  #usageEnd = 0;
  #hasError = false;
  #hasChoices = false;
  #hasFinish = false;

  constructor(options: ChatStreamOptions) {
    this.#options = options;
  }

  get isFinished(): boolean {
    return (this.#done && this.#speaking) || this.#finished.size >= this.#options.choices;
  }

  get outputTokens(): number {
    return tokensOfBytes(this.#textBytes);
  }

  terminator(): Buffer {
    return this.#done ? NOTHING : TERMINATOR;
  }

  read(event: SseEvent): EventVerdict {
    const { source, dataStart, dataEnd } = event;
    if (event.name === 'error') return this.#fail(event.data);
    if (source[dataStart] !== OPEN_BRACE && source[firstByte(source, dataStart, dataEnd)] !== OPEN_BRACE) {
      return this.#readOther(event.data);
    }
    this.#bytes = source;
    this.#usageEnd = 0;
    this.#hasError = false;
    this.#hasChoices = false;
    this.#hasFinish = false;
    const textBytes = this.#textBytes;
    const isJson = scanJson(source, dataStart, dataEnd, this.#visit);
    // The words of an error are no part of the answer.
    if (!isJson || this.#hasError) this.#textBytes = textBytes;
    if (!isJson) return 'malformed';
    if (this.#hasError) return this.#fail(event.data);
    if (this.#usageEnd > 0) {
      this.usage = decodeUsage(JSON.parse(source.toString('utf8', this.#usageStart, this.#usageEnd))) ?? this.usage;
      if (!this.#hasChoices && this.#options.hideUsage) return 'hidden';
    }
    if (this.#speaking && !this.#hasFinish) return 'content';
    return this.#readWhole(event.data);
  }

  /** Data that is no object: nothing (a comment), the terminator, or none of this protocol's. */
  #readOther(data: Buffer): EventVerdict {
    const text = data.length > 32 ? undefined : data.toString('latin1').trim();
    if (text === '') return this.#speaking ? 'content' : 'preamble';
    if (text !== '[DONE]') return 'malformed';
    this.#done = true;
    return 'end';
  }

  readonly #visit = (depth: number, keyStart: number, keyEnd: number, valueStart: number, valueEnd: number): void => {
    const bytes = this.#bytes;
    const length = keyEnd - keyStart;
    if (depth === 4) {
      this.#textBytes += spokenBytes(bytes, keyStart, keyEnd, valueStart, valueEnd);
      return;
    }
    if (depth === 3) {
      if (length === 13 && isKey(bytes, keyStart, keyEnd, 'finish_reason')) {
        this.#hasFinish ||= holdsSomething(bytes, valueStart, valueEnd);
      } else if (length === 4 && bytes[valueStart] === QUOTE && isKey(bytes, keyStart, keyEnd, 'text')) {
        this.#textBytes += valueEnd - valueStart - 2;
      }
      return;
    }
    if (depth !== 1) return;
    if (length === 5) {
      if (isKey(bytes, keyStart, keyEnd, 'usage') && bytes[valueStart] === OPEN_BRACE) {
        this.#usageStart = valueStart;
        this.#usageEnd = valueEnd;
      } else if (isKey(bytes, keyStart, keyEnd, 'error') && holdsSomething(bytes, valueStart, valueEnd)) {
        this.#hasError = true;
      }
    } else if (length === 7 && isKey(bytes, keyStart, keyEnd, 'choices')) {
      // `[]` or `null` carries nothing; anything longer than "[ ]" holds a choice.
      this.#hasChoices = valueEnd - valueStart > 4;
    } else if (length === 6 && isKey(bytes, keyStart, keyEnd, 'object')) {
      // An error that has no envelope: `{"object":"error","message":…}`.
      if (isKey(bytes, valueStart, valueEnd, '"error"')) this.#hasError = true;
    }
  };

  /** An event before the first token, or one with a finish: parsed, to tell empty from content and choice from choice. */
  #readWhole(data: Buffer): EventVerdict {
    const chunk = JSON.parse(data.toString('utf8')) as Record<string, unknown>;
    const { model, service_tier: tier } = chunk;
    if (typeof tier === 'string') this.serviceTier = tier;
    if (this.responseModel === undefined && typeof model === 'string' && model !== '') this.responseModel = model;
    const choices = Array.isArray(chunk['choices']) ? chunk['choices'].filter(isRecord) : [];
    for (const choice of choices) {
      const fault = faultOf(choice['finish_reason']);
      if (fault !== undefined) return this.#fail(fault === 'unfinished' ? UNFINISHED_ANSWER : data);
      if (isFinished(choice)) this.#finished.add(choice['index'] ?? 0);
    }
    this.#speaking ||= choices.some(speaks);
    return this.#speaking ? 'content' : 'preamble';
  }

  #fail(data: Buffer): EventVerdict {
    this.errorData = Buffer.from(data);
    return 'error';
  }
}

/** Bytes of the answer in a member of a choice's delta: of its text, its reasoning, or the arguments of a tool call. */
function spokenBytes(bytes: Buffer, keyStart: number, keyEnd: number, valueStart: number, valueEnd: number): number {
  const length = valueEnd - valueStart;
  const first = bytes[valueStart];
  // Some providers repeat the role in every event.
  if (first === QUOTE) return isKey(bytes, keyStart, keyEnd, 'role') ? 0 : length - 2;
  if (first !== OPEN_BRACKET) return 0;
  // Log probabilities have lists as well, one of them of that name, of what the text holds already.
  const isSpoken =
    isKey(bytes, keyStart, keyEnd, 'tool_calls') ||
    (isKey(bytes, keyStart, keyEnd, 'content') && isKey(bytes, valueStart, valueStart + 8, '[{"type"'));
  return isSpoken ? Math.max(0, length - CALL_FRAME) : 0;
}

/** Whether a choice holds any of the answer: a text, a reasoning, a tool call, a finish. */
function speaks(choice: Record<string, unknown>): boolean {
  if (isFinished(choice) || !isEmpty(choice['text'])) return true;
  const delta = choice['delta'];
  return isRecord(delta) && Object.entries(delta).some(([key, value]) => key !== 'role' && !isEmpty(value));
}

function isFinished(choice: Record<string, unknown>): boolean {
  return !isEmpty(choice['finish_reason']);
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value is neither `null` nor `false` nor an empty string, object or array. */
function holdsSomething(bytes: Buffer, start: number, end: number): boolean {
  return bytes[start] !== 110 && bytes[start] !== 102 && end - start > 2;
}

function firstByte(bytes: Buffer, start: number, end: number): number {
  let index = start;
  while (index < end && bytes[index]! <= 32) index++;
  return index;
}
