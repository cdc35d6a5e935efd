import type { ChatEvent } from '../canonical/chat-event.ts';
import type { JsonObject } from '../canonical/json.ts';
import type { StreamEncoder } from '../protocols/protocol.ts';
import { AnswerRecord } from './answer-record.ts';
import type { SentAnswer } from './sent-answer.ts';

export interface RecordingEncoderInput {
  readonly encoder: StreamEncoder;
  /** What was told before; left out: nothing. */
  readonly record?: AnswerRecord;
}

/** An encoder that remembers what it was given, so that another attempt can go on where this one breaks off. */
export class RecordingEncoder implements StreamEncoder {
  readonly #encoder: StreamEncoder;
  readonly #record: AnswerRecord;

  constructor({ encoder, record = new AnswerRecord() }: RecordingEncoderInput) {
    this.#encoder = encoder;
    this.#record = record;
  }

  get wholeAnswer(): JsonObject | undefined {
    return this.#encoder.wholeAnswer;
  }

  /** What the caller has so far; undefined when that is too long to be known. */
  get sent(): SentAnswer | undefined {
    const told = this.#record.answer();
    const encoder = this.#encoder;
    if (told === undefined || encoder.holds === undefined) return told;
    return { ...told, parts: told.parts.filter(({ index }) => !encoder.holds!(index)) };
  }

  push(event: ChatEvent): Buffer {
    this.#record.push(event);
    return this.#encoder.push(event);
  }
}
