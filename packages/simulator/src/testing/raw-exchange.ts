import { connect } from 'node:net';

/** A reply as it came over the socket. */
export interface RawReply {
  readonly bytes: Buffer;
  /** The code of the socket's error, as `ECONNRESET`. */
  readonly error: string | undefined;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The HTTP chunks of the body; the whole body when it is not chunked. */
  readonly chunks: readonly Buffer[];
  /** Whether the body ended as HTTP wants it. */
  readonly complete: boolean;
  readonly text: string;
}

/** One request on a connection of its own; resolves when the connection is closed, however that happens. */
export function exchange(
  url: string,
  options: { path?: string; method?: string; headers?: object; body?: unknown } = {},
): Promise<RawReply> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let error: string | undefined;
    const socket = connect(Number(port), hostname, () => socket.write(requestBytes(options)));
    socket.on('data', (piece) => pieces.push(piece));
    socket.on('error', (cause: NodeJS.ErrnoException) => {
      error = cause.code;
    });
    socket.on('close', () => resolve(parseReply(Buffer.concat(pieces), error)));
  });
}

/** Asks for a chat completion. */
export function chat(url: string, fields: object): Promise<RawReply> {
  return exchange(url, {
    path: '/v1/chat/completions',
    body: { model: 'sim', messages: [{ role: 'user', content: 'Hello there' }], ...fields },
  });
}

/** The JSON of the `data:` lines of a stream, `[DONE]` as a text. */
export function streamData(text: string): unknown[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith('data: '))
    .map((line) => (line === 'data: [DONE]' ? '[DONE]' : JSON.parse(line.slice(6))));
}

/** The text that a chat stream spells. */
export function streamText(text: string): string {
  return streamData(text)
    .map((data) => (data as { choices?: { delta: { content?: string } }[] }).choices?.[0]?.delta.content ?? '')
    .join('');
}

function requestBytes({
  path = '/',
  method,
  headers = {},
  body,
}: {
  path?: string;
  method?: string;
  headers?: object;
  body?: unknown;
}): Buffer {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body === undefined ? '' : JSON.stringify(body));
  const all: Record<string, string> = {
    host: 'simulator.test',
    connection: 'close',
    ...(body !== undefined && { 'content-type': 'application/json', 'content-length': String(bytes.length) }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([
    Buffer.from(`${method ?? (body === undefined ? 'GET' : 'POST')} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`),
    bytes,
  ]);
}

function parseReply(bytes: Buffer, error: string | undefined): RawReply {
  const split = bytes.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = bytes.subarray(0, Math.max(0, split)).toString('latin1').split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const body = split === -1 ? Buffer.alloc(0) : bytes.subarray(split + 4);
  const { chunks, complete } =
    headers['transfer-encoding'] === 'chunked'
      ? parseChunks(body)
      : { chunks: body.length === 0 ? [] : [body], complete: headers['content-length'] === String(body.length) };
  const status = Number(statusLine.split(' ')[1] ?? 0);
  return { bytes, error, status, headers, chunks, complete, text: Buffer.concat(chunks).toString('utf8') };
}

function parseChunks(body: Buffer): { chunks: Buffer[]; complete: boolean } {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = body.indexOf('\r\n', at);
    if (lineEnd === -1) return { chunks, complete: false };
    const size = Number.parseInt(body.subarray(at, lineEnd).toString('latin1'), 16);
    if (size === 0) return { chunks, complete: body.subarray(lineEnd).toString('latin1') === '\r\n\r\n' };
    chunks.push(body.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 4 + size;
  }
}
