import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { GatewayError } from '../canonical/gateway-error.ts';
import type { InboundBody, PeekedBody } from '../inbound-body.ts';

/** The body of an incoming message, read once and in one of two ways. */
export class RequestBody implements InboundBody {
  readonly #request: IncomingMessage;
  readonly #askForBody: () => void;
  readonly contentType: string;
  readonly contentLength: number | undefined;

  /** `askForBody`: tells a client to send the body that it holds back. */
  constructor(request: IncomingMessage, askForBody: () => void = () => {}) {
    this.#request = request;
    this.#askForBody = askForBody;
    this.contentType = request.headers['content-type'] ?? '';
    const length = request.headers['content-length'];
    this.contentLength = length === undefined ? undefined : Number(length);
  }

  readAll(maxBytes: number): Promise<Buffer> {
    if (this.contentLength !== undefined && this.contentLength > maxBytes)
      return Promise.reject(bodyTooLarge(maxBytes));
    const request = this.#request;
    this.#askForBody();
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      let isWhole = false;
      const onData = (chunk: Buffer): void => {
        bytes += chunk.length;
        if (bytes > maxBytes) {
          request.off('data', onData).pause();
          chunks.length = 0;
          reject(bodyTooLarge(maxBytes));
        } else {
          chunks.push(chunk);
        }
      };
      request.on('data', onData);
      request.on('end', () => {
        isWhole = true;
        resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes));
      });
      request.on('close', () => {
        if (!isWhole) reject(clientLeft());
      });
    });
  }

  peek(bytes: number): Promise<PeekedBody> {
    const request = this.#request;
    this.#askForBody();
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let peeked = 0;
      const settle = (rest: Readable | undefined): void => {
        request.off('data', onData).off('end', onEnd).off('close', onClose);
        resolve({ head: Buffer.concat(chunks, peeked), rest });
      };
      const onData = (chunk: Buffer): void => {
        chunks.push(chunk);
        peeked += chunk.length;
        if (peeked < bytes) return;
        request.pause();
        settle(request);
      };
      const onEnd = (): void => settle(undefined);
      const onClose = (): void => reject(clientLeft());
      request.on('data', onData).on('end', onEnd).on('close', onClose);
    });
  }
}

export function bodyTooLarge(maxBytes: number): GatewayError {
  return new GatewayError(
    'payload_too_large',
    `The body is larger than ${maxBytes} bytes. Send less, or raise security.validation.max_request_size_bytes.`,
  );
}

export function clientLeft(): GatewayError {
  return new GatewayError('client_closed', 'The client closed the connection before its request was complete.');
}
