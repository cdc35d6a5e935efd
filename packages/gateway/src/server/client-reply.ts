import type { ServerResponse } from 'node:http';
import type { ReplySink } from '../relay/reply-sink.ts';

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
    else this.#response.end(bytes);
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
