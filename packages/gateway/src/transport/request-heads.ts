import { RepeatedHeads } from '../framing/repeated-heads.ts';
import { encodeRequestHead, hostLine } from './request-head.ts';
import type { UpstreamRequest } from './upstream-call.ts';

const CLOSING = '\r\n';

/** The heads of requests to one upstream whose bodies have a known length: most differ in a few values from one before. */
export class RequestHeads {
  readonly #host: string;
  /** Of POSTs, as nearly all requests with a body are, by path. */
  readonly #repeated: RepeatedHeads<string>;

  constructor(host: string) {
    this.#host = host;
    this.#repeated = new RepeatedHeads(hostLine(host));
  }

  /** As `encodeRequestHead`, and throws as that does; bytes are good until the next is asked for. */
  encode(request: UpstreamRequest, bodyBytes: number): Buffer | string {
    const { method, path, headers } = request;
    if (method !== 'POST') return encodeRequestHead(request, this.#host, bodyBytes);
    const parts = { headers, bodyBytes, closing: CLOSING };
    const bytes = this.#repeated.become(path, parts);
    if (bytes !== undefined) return bytes;
    const text = encodeRequestHead(request, this.#host, bodyBytes);
    this.#repeated.learn(path, text, parts);
    return text;
  }
}
