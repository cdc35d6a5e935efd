import { tokensOfBytes } from '../../canonical/estimate-tokens.ts';
import type { Usage } from '../../canonical/usage.ts';
import { isKey, scanJson } from '../../framing/json-scan.ts';
import type { SseEvent } from '../../framing/sse-splitter.ts';
import type { EventVerdict, StreamReader } from '../stream-reader.ts';
import { isFailedEnding, isFailedStatus } from './decode-answer.ts';
import { decodeUsage } from './usage.ts';

const NOTHING = Buffer.alloc(0);
const QUOTE = 34;
const preambles = new Set(['response.created', 'response.in_progress', 'response.queued', 'keepalive', 'ping']);
const failedMarks = [Buffer.from('"response.failed"'), Buffer.from('"response.cancelled"')];
const endings = new Set(['response.completed', 'response.incomplete']);

/**
 * A message that begins, and its part, say nothing of it yet. Other items do: that a tool is called, or that the model
 * thinks, for longer than anybody waits for a first token.
 */
function announcesMessage(type: string, data: Buffer): boolean {
  if (type === 'response.content_part.added') return true;
  if (type !== 'response.output_item.added') return false;
  const event = JSON.parse(data.toString('utf8')) as { readonly item?: { readonly type?: unknown } | null };
  return event.item?.type === 'message';
}

interface Ending {
  readonly response?: {
    readonly model?: unknown;
    readonly service_tier?: unknown;
    readonly status?: unknown;
    readonly usage?: unknown;
  };
}

/** Reads streams of `/v1/responses`: typed events, ended by `response.completed` or `response.incomplete`. */
export class ResponsesStreamReader implements StreamReader {
  #speaking = false;
  #done = false;
  #bytes: Buffer = NOTHING;
  #typeStart = 0;
  #typeEnd = 0;
  #hasError = false;
  #textBytes = 0;
  usage: Usage | undefined;
  responseModel: string | undefined;
  serviceTier: string | undefined;
  errorData: Buffer | undefined;
  isUsageFinal = false;

  get isFinished(): boolean {
    return this.#done;
  }

  get outputTokens(): number {
    return tokensOfBytes(this.#textBytes);
  }

  terminator(): Buffer {
    return NOTHING;
  }

  read(event: SseEvent): EventVerdict {
    const { data } = event;
    if (this.errorData !== undefined) return this.#readAfterError(event);
    if (data.length === 0) return this.#speaking ? 'content' : 'preamble';
    // No terminator of this protocol, but some servers send it after the last event.
    if (data.length <= 32 && data.toString('latin1').trim() === '[DONE]') return 'end';
    this.#bytes = data;
    this.#typeEnd = 0;
    this.#hasError = false;
    if (!scanJson(data, 0, data.length, this.#visit)) return 'malformed';
    const type = this.#typeEnd > 0 ? data.toString('utf8', this.#typeStart + 1, this.#typeEnd - 1) : event.name;
    if (type === 'error' || isFailedEnding(type) || (type === '' && this.#hasError)) {
      this.errorData = Buffer.from(data);
      if (isFailedEnding(type)) this.#readReport(data);
      return 'error';
    }
    if (endings.has(type)) return this.#readEnding(data);
    // Events of other wires say nothing that its caller could read.
    this.#speaking ||= type.startsWith('response.') && !preambles.has(type) && !announcesMessage(type, data);
    return this.#speaking ? 'content' : 'preamble';
  }

  /** The error has an event of its own before that of the response that failed. */
  #readAfterError({ data, name }: SseEvent): EventVerdict {
    if (isFailedEnding(name) || failedMarks.some((mark) => data.includes(mark))) this.#readReport(data);
    return 'error';
  }

  #readReport(data: Buffer): void {
    const event = JSON.parse(data.toString('utf8')) as Ending | null;
    this.usage = decodeUsage(event?.response?.usage);
    this.isUsageFinal = this.usage !== undefined;
  }

  readonly #visit = (depth: number, keyStart: number, keyEnd: number, valueStart: number, valueEnd: number): void => {
    if (depth !== 1) return;
    const bytes = this.#bytes;
    if (isKey(bytes, keyStart, keyEnd, 'type')) {
      this.#typeStart = valueStart;
      this.#typeEnd = valueEnd;
    } else if (isKey(bytes, keyStart, keyEnd, 'error')) {
      this.#hasError = bytes[valueStart] !== 110;
    } else if (bytes[valueStart] === QUOTE && isKey(bytes, keyStart, keyEnd, 'delta')) {
      this.#textBytes += valueEnd - valueStart - 2;
    }
  };

  #readEnding(data: Buffer): EventVerdict {
    const event = JSON.parse(data.toString('utf8')) as Ending | null;
    // What became of the response is said by its status; the event only says that there is no more of it.
    if (isFailedStatus(event?.response?.status)) {
      this.errorData = Buffer.from(data);
      this.#readReport(data);
      return 'error';
    }
    this.#done = true;
    this.usage = decodeUsage(event?.response?.usage);
    const model = event?.response?.model;
    if (typeof model === 'string') this.responseModel = model;
    const tier = event?.response?.service_tier;
    if (typeof tier === 'string') this.serviceTier = tier;
    return 'end';
  }
}
