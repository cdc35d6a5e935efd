import type { ChatEvent } from '../canonical/chat-event.ts';
import { textTokens } from '../canonical/estimate-tokens.ts';
import type { Usage } from '../canonical/usage.ts';
import type { SseEvent } from '../framing/sse-splitter.ts';
import type { StreamDecoder, StreamEncoder } from './protocol.ts';
import type { EventVerdict, StreamReader } from './stream-reader.ts';

const NOTHING = Buffer.alloc(0);

/** Reads streams by their wire's decoder: to know how far the answer is, and how it ended. */
export class ProtocolStreamReader implements StreamReader {
  readonly #decoder: StreamDecoder;
  #hasContent = false;
  #hasEnd = false;
  #tokens = 0;
  usage: Usage | undefined;
  responseModel: string | undefined;
  serviceTier: string | undefined;
  errorData: Buffer | undefined;
  isUsageFinal = false;

  constructor(decoder: StreamDecoder) {
    this.#decoder = decoder;
  }

  get isFinished(): boolean {
    return this.#decoder.isFinished;
  }

  get outputTokens(): number {
    return Math.ceil(this.#tokens);
  }

  terminator(): Buffer {
    return NOTHING;
  }

  read(event: SseEvent): EventVerdict {
    this.#decoder.read(event, this.errorData === undefined ? this.take : this.#takeReport);
    if (this.errorData) return 'error';
    // Passed on, an end that was not earned would look like one all the same.
    if (this.#hasEnd || this.#decoder.hasStopped === true) return 'end';
    // A wire without a terminator tells how an answer ended even where it says nothing, as when it is refused.
    return this.#hasContent || this.isFinished ? 'content' : 'preamble';
  }

  /** Closes what the upstream left open when it ended. */
  protected finish(): void {
    this.#decoder.finish(this.take);
  }

  protected note(event: ChatEvent): void {
    switch (event.type) {
      case 'start':
        this.responseModel = event.model;
        this.serviceTier = event.serviceTier;
        return;
      case 'usage':
        this.usage = event.usage;
        this.serviceTier = event.serviceTier ?? this.serviceTier;
        return;
      case 'error':
        this.errorData = Buffer.from(event.data);
        this.#takeReport(event);
        return;
      case 'end':
        this.#hasEnd = true;
        return;
      case 'part-start':
        this.#hasContent ||= !(event.part.type in textual);
        if (event.part.type === 'tool-call') this.#tokens += textTokens(event.part.name);
        return;
      case 'delta':
        this.#hasContent ||= event.text !== '';
        this.#tokens += textTokens(event.text);
        return;
      case 'signature':
      case 'finish':
        this.#hasContent = true;
    }
  }

  readonly #takeReport = (event: ChatEvent): void => {
    if (event.type !== 'error' || event.usage === undefined) return;
    this.usage = event.usage;
    this.isUsageFinal = true;
  };

  protected readonly take = (event: ChatEvent): void => this.note(event);
}

/** Parts whose beginning says nothing yet. */
const textual = { text: true, refusal: true, reasoning: true };

/** The same for a caller of another wire: what is read is written anew. */
export class TranslatingStreamReader extends ProtocolStreamReader {
  readonly #encoder: StreamEncoder;
  #output: Buffer[] = [];

  constructor(decoder: StreamDecoder, encoder: StreamEncoder) {
    super(decoder);
    this.#encoder = encoder;
  }

  override terminator(): Buffer {
    this.finish();
    return this.takeOutput();
  }

  takeOutput(): Buffer {
    const parts = this.#output;
    if (parts.length === 0) return NOTHING;
    this.#output = [];
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  protected override note(event: ChatEvent): void {
    super.note(event);
    if (event.type === 'error') return;
    const bytes = this.#encoder.push(event);
    if (bytes.length > 0) this.#output.push(bytes);
  }
}
