import { connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between the gateway and the server, and can stop passing anything on, lose answers, or break every connection. */
export class Wire {
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #isFrozen = false;
  #isMuffled = false;
  #delayMs = 0;
  port = 0;

  async open(host: string, port: number): Promise<void> {
    this.#server = createServer((client) => {
      const server = connect(port, host);
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        this.#sockets.add(from);
        from.on('data', (bytes) => {
          if (from === server && this.#delayMs > 0) setTimeout(() => to.write(bytes), this.#delayMs);
          else if (from === client || !this.#isMuffled) to.write(bytes);
        });
        from.on('error', () => undefined);
        from.on('close', () => {
          this.#sockets.delete(from);
          to.destroy();
        });
        if (this.#isFrozen) from.pause();
      }
    });
    await new Promise<void>((resolve) => this.#server?.listen(this.port, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (address !== null && typeof address === 'object') this.port = address.port;
  }

  /** How many lead through it now. */
  connections(): number {
    return this.#sockets.size / 2;
  }

  freeze(): void {
    this.#isFrozen = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** The server seems to be slower by so many milliseconds from now on. */
  slow(delayMs: number): void {
    this.#delayMs = delayMs;
  }

  /** What the server answers is lost from now on, and what it is told is not. */
  muffle(): void {
    this.#isMuffled = true;
  }

  unmuffle(): void {
    this.#isMuffled = false;
  }

  thaw(): void {
    this.#isFrozen = false;
    for (const socket of this.#sockets) socket.resume();
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
