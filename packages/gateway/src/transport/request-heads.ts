import { LONGEST_REPEATED, RepeatedHead } from '../framing/repeated-head.ts';
import { encodeRequestHead, requestOpening } from './request-head.ts';
import type { UpstreamRequest } from './upstream-call.ts';

interface KnownHead {
  readonly method: string;
  readonly opening: string;
  readonly head: RepeatedHead;
}

/** Paths whose heads are remembered. */
const MOST_KNOWN = 32;
const CLOSING = '\r\n';

/** The heads of requests to one upstream whose bodies have a known length: most differ in a few values from one before. */
export class RequestHeads {
  readonly #host: string;
  readonly #middle: string;
  /** The last head for each path. */
  readonly #known = new Map<string, KnownHead>();

  constructor(host: string) {
    this.#host = host;
    this.#middle = `host: ${host}\r\n`;
  }

  /** As `encodeRequestHead`, and throws as that does; bytes are good until the next is asked for. */
  encode(request: UpstreamRequest, bodyBytes: number): Buffer | string {
    const { method, path, headers } = request;
    const known = this.#known.get(path);
    if (known !== undefined) {
      if (known.method === method) {
        const { opening } = known;
        const bytes = known.head.become({ opening, headers, middle: this.#middle, bodyBytes, closing: CLOSING });
        if (bytes !== undefined) return bytes;
      }
      this.#known.delete(path);
    }
    const text = encodeRequestHead(request, this.#host, bodyBytes);
    if (text.length <= LONGEST_REPEATED && !headers.some(isOfFraming)) this.#keep(request, text, bodyBytes);
    return text;
  }

  #keep({ method, path, headers }: UpstreamRequest, text: string, bodyBytes: number): void {
    const opening = requestOpening(method, path);
    const head = new RepeatedHead(text, { opening, headers, middle: this.#middle, bodyBytes, closing: CLOSING });
    if (this.#known.size === MOST_KNOWN) this.#known.clear();
    this.#known.set(path, { method, opening, head });
  }
}

/** Names of headers that change what else the head says. */
function isOfFraming(text: string, index: number): boolean {
  if (index % 2 === 1 || (text.length !== 4 && text.length !== 14)) return false;
  const name = text.toLowerCase();
  return name === 'host' || name === 'content-length';
}
