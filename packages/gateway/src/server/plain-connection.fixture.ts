import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createManualClock, type ManualClock } from '../stores/manual-clock.fixture.ts';
import { Outbox } from '../transport/outbox.ts';
import { type PlainRequest, type PlainServer, servePlainly } from './plain-connection.ts';
import { matchRoute } from './routes.ts';

/** A plain request as it was served, and who cancelled it. */
export interface Served extends PlainRequest {
  readonly cancelled: string[];
}

/** A server whose plain requests go to a test, and whose other connections go to node:http, which answers `by node`. */
export class PlainFront {
  readonly clock: ManualClock = createManualClock();
  readonly served: Served[] = [];
  isDraining = false;
  /** What becomes of a request; by default it is answered with its own body. */
  answer: (request: Served) => void = async ({ body, reply }) => {
    try {
      const bytes = await body.readAll(1_000_000);
      reply.head(200, ['content-type', 'text/plain']);
      reply.end(bytes);
    } catch (error) {
      reply.head(400, []);
      reply.end(Buffer.from((error as Error).message));
    }
  };
  readonly #node: Server;
  readonly #server: Server;
  /** The server's ends of all connections. */
  readonly sockets = new Set<Socket>();

  constructor() {
    this.#node = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => response.end(`by node: ${Buffer.concat(pieces).toString()}`));
    });
    this.#server = createServer();
    const plain: PlainServer = {
      clock: this.clock,
      outbox: new Outbox(),
      isDraining: () => this.isDraining,
      match: (url) => {
        const match = matchRoute('POST', url);
        return match.kind === 'inference' ? match : undefined;
      },
      serve: (request) => {
        const served = { ...request, cancelled: [] as string[] };
        this.served.push(served);
        this.answer(served);
        return { cancel: (reason) => served.cancelled.push(reason) > 0 };
      },
      handOver: (socket) => this.#node.emit('connection', socket),
    };
    this.#server.removeAllListeners('connection');
    this.#server.on('connection', (accepted: Socket) => this.sockets.add(servePlainly(plain, accepted)));
  }

  async open(): Promise<RawClient> {
    if (!this.#server.listening) {
      this.#server.listen(0, '127.0.0.1');
      await once(this.#server, 'listening');
    }
    const socket = connect((this.#server.address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** The next request, which is left to the test. */
  hold(): Promise<Served> {
    return new Promise((resolve) => {
      this.answer = resolve;
    });
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
  }
}

/** The other end of a connection, in raw bytes. */
export class RawClient {
  readonly socket: Socket;
  /** All that came, as Latin-1. */
  received = '';
  readonly #closed: Promise<unknown>;

  constructor(socket: Socket) {
    this.socket = socket.setNoDelay(true);
    this.#closed = new Promise((resolve) => socket.once('close', resolve));
    socket.setEncoding('latin1').on('data', (text: string) => {
      this.received += text;
    });
    socket.on('error', () => {});
  }

  send(bytes: string | Buffer): Promise<void> {
    return new Promise((resolve) => this.socket.write(bytes, () => resolve()));
  }

  /** Waits until everything so far makes `pattern` match. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.received)) {
      if (this.socket.destroyed) throw new Error(`Closed before ${pattern}: ${this.received}`);
      await Promise.race([once(this.socket, 'data'), this.#closed]);
    }
    return this.received;
  }

  async closed(): Promise<string> {
    await this.#closed;
    return this.received;
  }
}

/** A plain request with a body. */
export function plainRequest(body: string, headers: readonly string[] = [], path = '/v1/chat/completions'): string {
  const lines = ['Host: a', 'Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`, ...headers];
  return `POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** Bodies of the replies that came. */
export const bodiesOf = (text: string): string[] => text.split(/HTTP\/1\.1 \d+ [\s\S]*?\r\n\r\n/).slice(1);

export function finish({ reply }: Served, text = 'done'): void {
  reply.head(200, []);
  reply.end(Buffer.from(text));
}
