import type { ServerResponse } from 'node:http';
import type { ReplySink } from '../relay/reply-sink.ts';

/** Up to here joining head and body costs less than a vectored write of the two. */
const ONE_WRITE_BYTES = 16 * 1024;

/** The client's side of an exchange over node:http. The head waits for the first bytes, so that both leave together. */
export class ClientReply implements ReplySink {
  readonly #response: ServerResponse;
  #status = 0;
  #headers: readonly string[] = [];

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  /** Whether the head has gone out: no other reply is possible then. */
  get isBegun(): boolean {
    return this.#response.headersSent;
  }

  head(status: number, headers: readonly string[]): void {
    this.#status = status;
    this.#headers = headers;
  }

  write(bytes: Buffer): boolean {
    this.#sendHead();
    return this.#response.write(bytes);
  }

  end(bytes?: Buffer): void {
    this.#sendHead();
    if (bytes === undefined || bytes.length === 0) this.#response.end();
    else if (bytes.length > ONE_WRITE_BYTES) this.#response.end(bytes);
    // As Latin-1, byte for byte: node joins a string with the head into one buffer and one write.
    else this.#response.end(bytes.toString('latin1'), 'latin1');
  }

  cut(): void {
    this.#response.destroy();
  }

  onDrain(callback: () => void): void {
    this.#response.once('drain', callback);
  }

  #sendHead(): void {
    if (!this.#response.headersSent) this.#response.writeHead(this.#status, this.#headers as string[]);
  }
}
