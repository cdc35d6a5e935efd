import { isObject } from '../../canonical/json.ts';
import { parseExact } from '../../framing/exact-json.ts';
import type { DecodeContext, StreamDecoder, StreamFrame } from '../protocol.ts';
import { AnswerReader } from './answer-reader.ts';
import type { Emit } from './candidate-reader.ts';

/** Reads the stream of one answer: server-sent events, each a `GenerateContentResponse` without more. */
export class GeminiStreamDecoder implements StreamDecoder {
  readonly #reader: AnswerReader;

  constructor(context: DecodeContext) {
    this.#reader = new AnswerReader(context);
  }

  get isFinished(): boolean {
    return this.#reader.isFinished;
  }

  read({ data }: StreamFrame, emit: Emit): void {
    // A comment.
    if (data.length === 0) return;
    const text = data.toString();
    // Only arguments of calls hold numbers that must come out as they were written.
    const response: unknown = text.includes('"functionCall"') ? parseExact(text) : JSON.parse(text);
    if (!isObject(response)) throw new SyntaxError('The event is no object.');
    if (isObject(response['error'])) {
      this.#reader.abandon();
      emit({ type: 'error', data });
      return;
    }
    this.#reader.read(response, emit);
  }

  finish(emit: Emit): void {
    this.#reader.finish(emit);
  }
}
