import { connect, type Socket } from 'node:net';

/** A reply as it came over the wire. */
export interface RawReply {
  readonly status: number;
  readonly reason: string;
  /** By lower-case name; of several with the same name the last. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Milliseconds that a test waits for bytes or for the end. */
const PATIENCE_MS = 20_000;

/** A TCP connection that sends whatever it is told, HTTP or not, and takes replies apart. */
export class RawConnection {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #isOver = false;
  #error: string | undefined;
  readonly #waiting = new Set<() => void>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#tell();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#error = error.code ?? error.message;
    });
    const over = (): void => {
      this.#isOver = true;
      this.#tell();
    };
    socket.on('end', over);
    socket.on('close', over);
  }

  static open(port: number): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new RawConnection(socket));
      });
    });
  }

  /** Answers once the system has taken the bytes, or the connection is gone. */
  send(bytes: string | Buffer): Promise<void> {
    const data = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    return new Promise((resolve) => this.#socket.write(data, () => resolve()));
  }

  /** Says that nothing more will be sent, and keeps reading. */
  endSending(): void {
    this.#socket.end();
  }

  /** Everything received that no reply was made of. */
  get rest(): string {
    return this.#received.toString('latin1');
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Bytes sent so far, as far as the system took them. */
  get bytesSent(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength;
  }

  /** The next reply, whole. `bodiless`: it answers a HEAD request. */
  async reply({ bodiless = false } = {}): Promise<RawReply> {
    let reply: { reply: RawReply; length: number } | undefined;
    await this.#until(() => {
      reply = takeReply(this.#received, bodiless, this.#isOver);
      return reply !== undefined;
    }, 'a whole reply');
    this.#received = this.#received.subarray(reply!.length);
    return reply!.reply;
  }

  /** Resolves when the other side has closed. */
  over(): Promise<void> {
    return this.#until(() => this.#isOver, 'the end');
  }

  close(): void {
    this.#socket.destroy();
  }

  #tell(): void {
    for (const check of this.#waiting) check();
  }

  #until(holds: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error?: Error): void => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        if (error) reject(error);
        else resolve();
      };
      const describe = (why: string): Error =>
        new Error(
          `${why} before ${what} (${this.#error ?? 'no error'}); received: ${JSON.stringify(this.rest.slice(0, 500))}`,
        );
      const check = (): void => {
        if (holds()) settle();
        else if (this.#isOver) settle(describe('The connection ended'));
      };
      const timer = setTimeout(() => settle(describe(`${PATIENCE_MS} ms went by`)), PATIENCE_MS);
      this.#waiting.add(check);
      check();
    });
  }
}

function takeReply(bytes: Buffer, bodiless: boolean, isOver: boolean): { reply: RawReply; length: number } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n');
  const match = /^HTTP\/1\.1 (\d{3}) ?(.*)$/.exec(statusLine);
  if (!match) throw new Error(`Not a status line: ${statusLine}`);
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon <= 0) throw new Error(`Not a header: ${line}`);
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const status = Number(match[1]);
  const start = headEnd + 4;
  const make = (body: Buffer, length: number) => ({
    reply: { status, reason: match[2]!, headers, body: body.toString('utf8') },
    length,
  });
  if (bodiless || status < 200 || status === 204 || status === 304) return make(Buffer.alloc(0), start);
  if (headers['transfer-encoding'] === 'chunked') return takeChunks(bytes, start, make);
  if (headers['content-length'] === undefined) return isOver ? make(bytes.subarray(start), bytes.length) : undefined;
  const end = start + Number(headers['content-length']);
  return bytes.length < end ? undefined : make(bytes.subarray(start, end), end);
}

function takeChunks<Result>(
  bytes: Buffer,
  start: number,
  make: (body: Buffer, length: number) => Result,
): Result | undefined {
  const parts: Buffer[] = [];
  for (let position = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', position);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', position, lineEnd), 16);
    const end = lineEnd + 2 + size;
    if (bytes.length < end + 2) return undefined;
    if (size === 0) return make(Buffer.concat(parts), end + 2);
    parts.push(bytes.subarray(lineEnd + 2, end));
    position = end + 2;
  }
}
