import type { Usage } from '../../canonical/usage.ts';
import { isKey, scanJson } from '../../framing/json-scan.ts';
import type { SseEvent } from '../../framing/sse-splitter.ts';
import type { EventVerdict, StreamReader } from '../stream-reader.ts';
import { decodeUsage } from './usage.ts';

const DONE = Buffer.from('[DONE]');
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
  #finishedChoices = 0;
  #done = false;
  usage: Usage | undefined;
  responseModel: string | undefined;
  errorData: Buffer | undefined;

  // What the visitor saw in the event at hand.
  #bytes: Uint8Array = NOTHING;
  #usageStart = 0;
  #usageEnd = 0;
  #hasError = false;
  #hasChoices = false;

  constructor(options: ChatStreamOptions) {
    this.#options = options;
  }

  get isFinished(): boolean {
    return (this.#done && this.#speaking) || this.#finishedChoices >= this.#options.choices;
  }

  terminator(): Buffer {
    return this.#done ? NOTHING : TERMINATOR;
  }

  read(event: SseEvent): EventVerdict {
    const { data } = event;
    if (data.length === 0) return this.#speaking ? 'content' : 'preamble';
    if (data.length === DONE.length && data.equals(DONE)) {
      this.#done = true;
      return 'end';
    }
    if (event.name === 'error') return this.#fail(data);
    this.#usageEnd = 0;
    this.#hasError = false;
    this.#hasChoices = false;
    this.#bytes = data;
    if (!scanJson(data, 0, data.length, this.#visit) || data[firstByte(data)] !== 123) return 'malformed';
    if (this.#hasError) return this.#fail(data);
    if (this.#usageEnd > 0) {
      this.usage = decodeUsage(JSON.parse(data.toString('utf8', this.#usageStart, this.#usageEnd))) ?? this.usage;
      if (!this.#hasChoices && this.#options.hideUsage) return 'hidden';
    }
    return this.#speaking ? 'content' : this.#readFirst(data);
  }

  readonly #visit = (depth: number, keyStart: number, keyEnd: number, valueStart: number, valueEnd: number): void => {
    const bytes = this.#bytes;
    if (depth === 3) {
      const isFinish = keyEnd - keyStart === 13 && isKey(bytes, keyStart, keyEnd, 'finish_reason');
      if (isFinish && !isNull(bytes, valueStart)) this.#finishedChoices++;
      return;
    }
    if (depth !== 1) return;
    const length = keyEnd - keyStart;
    if (length === 5) {
      if (isKey(bytes, keyStart, keyEnd, 'usage') && !isNull(bytes, valueStart)) {
        this.#usageStart = valueStart;
        this.#usageEnd = valueEnd;
      } else if (isKey(bytes, keyStart, keyEnd, 'error') && !isNull(bytes, valueStart)) {
        this.#hasError = true;
      }
    } else if (length === 7 && isKey(bytes, keyStart, keyEnd, 'choices')) {
      // `[]` or `null` carries nothing; anything longer than "[ ]" holds a choice.
      this.#hasChoices = valueEnd - valueStart > 4;
    }
  };

  /** An event before the first token: parsed, so that a role or an empty text is told from content. */
  #readFirst(data: Buffer): EventVerdict {
    const chunk: unknown = JSON.parse(data.toString('utf8'));
    if (!isRecord(chunk)) return 'malformed';
    if (typeof chunk['model'] === 'string') this.responseModel = chunk['model'];
    const choices = Array.isArray(chunk['choices']) ? chunk['choices'] : [];
    this.#speaking = choices.some(speaks);
    return this.#speaking ? 'content' : 'preamble';
  }

  #fail(data: Buffer): EventVerdict {
    this.errorData = Buffer.from(data);
    return 'error';
  }
}

/** Whether a choice holds any of the answer: a text, a reasoning, a tool call, a finish. */
function speaks(choice: unknown): boolean {
  if (!isRecord(choice)) return false;
  if (choice['finish_reason'] !== undefined && choice['finish_reason'] !== null) return true;
  if (typeof choice['text'] === 'string' && choice['text'] !== '') return true;
  const delta = choice['delta'];
  if (!isRecord(delta)) return false;
  return Object.entries(delta).some(([key, value]) => key !== 'role' && !isEmpty(value));
}

function isEmpty(value: unknown): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNull(bytes: Uint8Array, start: number): boolean {
  return bytes[start] === 110;
}

function firstByte(data: Buffer): number {
  let index = 0;
  while (index < data.length && data[index]! <= 32) index++;
  return index;
}
