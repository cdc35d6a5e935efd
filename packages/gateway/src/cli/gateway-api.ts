import { version } from '../version.ts';
import { CommandFailure } from './command-failure.ts';
import type { CommandLineIo } from './command-line-io.ts';
import { createDeadline, type Deadline } from './deadline.ts';
import type { GlobalOptions } from './global-options.ts';
import { printableLine } from './printable-text.ts';

/** More than any listing of a gateway; what exceeds it is not an answer of one. */
const maxBodyBytes = 32 * 1024 * 1024;

export interface GatewayRequest {
  /** From the gateway's root, such as `/v1/models`. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Default: POST with a body, GET without. */
  readonly method?: 'DELETE';
  /** Limit until the end of the answer, in milliseconds; a reader of a stream restarts it as pieces come. */
  readonly timeoutMs: number;
}

/** An answer whose body is still to be read. Whoever has it calls `close` in the end. */
export interface GatewayReply {
  readonly status: number;
  readonly contentType: string;
  readonly deadline: Deadline;
  /** Pieces of the body. Throws a `CommandFailure` when the connection breaks or the time is over. */
  chunks(): AsyncIterable<Uint8Array>;
  /** The whole body as JSON; undefined when it is none. */
  json(): Promise<unknown>;
  close(): void;
}

/** The gateway named by `--url`, as the commands talk to it. Every failure is a `CommandFailure`. */
export interface GatewayApi {
  readonly url: string;
  /** Sends and waits for the head of the answer, whatever its status. */
  send(request: GatewayRequest): Promise<GatewayReply>;
  /** Sends and gives the JSON of a 2xx answer; other statuses fail. */
  fetchJson(request: GatewayRequest): Promise<unknown>;
  /** Sends what is answered by a status alone; others than 2xx fail. */
  fetchNothing(request: GatewayRequest): Promise<void>;
}

export function createGatewayApi(io: CommandLineIo, globals: GlobalOptions): GatewayApi {
  const baseUrl = normalizeUrl(globals.url);
  const headers = requestHeaders(globals.apiKey);

  async function send(request: GatewayRequest): Promise<GatewayReply> {
    const deadline = createDeadline(io.clock, request.timeoutMs, io.signal);
    const url = `${baseUrl}${request.path}`;
    const method = request.method ?? (request.body === undefined ? 'GET' : 'POST');
    const startedAt = io.clock.now();
    let response: Response;
    try {
      response = await io.fetch(url, {
        method,
        headers: request.body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
        ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
        // Following a redirect would carry the key to wherever it points.
        redirect: 'manual',
        signal: deadline.signal,
      });
    } catch (error) {
      deadline.cancel();
      throw connectionFailure(error, { io, baseUrl, deadline, timeoutMs: request.timeoutMs });
    }
    if (globals.verbosity > 0) {
      io.stderr.write(`> ${method} ${url} ${response.status} in ${Math.round(io.clock.now() - startedAt)} ms\n`);
    }
    if (globals.verbosity > 1) {
      for (const [name, value] of response.headers) io.stderr.write(`< ${name}: ${printableLine(value)}\n`);
    }
    return openReply(response, deadline, () => bodyFailure(io, deadline));
  }

  return {
    url: baseUrl,
    send,
    async fetchJson(request) {
      const reply = await send(request);
      try {
        const body = await reply.json();
        if (reply.status < 200 || reply.status > 299) throw statusFailure(reply.status, body);
        if (body === undefined) throw new CommandFailure('server_error', `${baseUrl} did not answer with JSON.`);
        return body;
      } finally {
        reply.close();
      }
    },
    async fetchNothing(request) {
      const reply = await send(request);
      try {
        if (reply.status < 200 || reply.status > 299) throw statusFailure(reply.status, await reply.json());
      } finally {
        reply.close();
      }
    },
  };
}

/** The failure that a status outside 2xx stands for, in the words of the server when it sent any. */
export function statusFailure(status: number, body: unknown): CommandFailure {
  const { message, code } = readServerError(body);
  const said = message === undefined ? '' : `: ${message}`;
  if (status >= 300 && status < 400) {
    return new CommandFailure('server_error', `The gateway's URL redirects (status ${status}); give the final one.`, {
      status,
    });
  }
  if (status === 401) {
    const hint = 'The gateway did not accept the API key; give a valid one with --api-key or GATEWAY_API_KEY';
    return new CommandFailure('refused', `${hint} (status 401)${said}`, { status, serverCode: code });
  }
  if (status === 403) {
    return new CommandFailure('refused', `The gateway forbids this (status 403)${said}`, { status, serverCode: code });
  }
  if (status >= 400 && status < 500) {
    const text = `The gateway refused the request (status ${status})${said}`;
    return new CommandFailure('refused', text, { status, serverCode: code });
  }
  const text = `The gateway failed (status ${status})${said}`;
  return new CommandFailure('server_error', text, { status, serverCode: code });
}

/** Message and code of an error body `{error: {message, code}}` or `{error: "…"}`. */
export function readServerError(body: unknown): { message: string | undefined; code: string | undefined } {
  const error = isRecord(body) ? body['error'] : undefined;
  if (typeof error === 'string') return { message: printableLine(error), code: undefined };
  if (!isRecord(error)) return { message: undefined, code: undefined };
  const { message, code, type } = error;
  const name = typeof code === 'string' ? code : type;
  return {
    message: typeof message === 'string' ? printableLine(message) : undefined,
    code: typeof name === 'string' ? printableLine(name) : undefined,
  };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function normalizeUrl(given: string): string {
  let url: URL;
  try {
    url = new URL(given);
  } catch {
    throw new CommandFailure('usage', `--url must be a URL such as http://localhost:8080, not "${given}".`);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new CommandFailure('usage', `--url must begin with http:// or https://, not "${url.protocol}".`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new CommandFailure('usage', '--url must not contain a user name or password; use --api-key.');
  }
  // Clients of the OpenAI API are configured with the /v1 in the URL; people copy it from there.
  return `${url.origin}${url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '')}`;
}

function requestHeaders(apiKey: string | undefined): Record<string, string> {
  const headers: Record<string, string> = {
    accept: 'application/json, text/event-stream',
    'user-agent': `llm-gateway-cli/${version}`,
  };
  if (apiKey === undefined) return headers;
  // fetch would refuse such a header too, but with the key in its message.
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new CommandFailure('usage', 'The API key contains characters that an HTTP header cannot carry.');
  }
  return { ...headers, authorization: `Bearer ${apiKey}` };
}

interface Circumstances {
  readonly io: CommandLineIo;
  readonly baseUrl: string;
  readonly deadline: Deadline;
  readonly timeoutMs: number;
}

function connectionFailure(error: unknown, { io, baseUrl, deadline, timeoutMs }: Circumstances): CommandFailure {
  if (error instanceof CommandFailure) return error;
  if (io.signal.aborted) return new CommandFailure('interrupted', 'Interrupted.');
  if (deadline.isOver) {
    return new CommandFailure('unreachable', `No answer from ${baseUrl} within ${timeoutMs / 1000} s.`);
  }
  const reason = connectionReason(error);
  return new CommandFailure('unreachable', `Cannot reach the gateway at ${baseUrl} (${reason}). Is it running?`, {
    cause: error,
  });
}

/** The system's code (`ECONNREFUSED`) when there is one: fetch hides it in a chain of causes. */
function connectionReason(error: unknown): string {
  let current: unknown = error;
  let message = 'connection failed';
  for (let depth = 0; depth < 5 && current instanceof Error; depth += 1) {
    if ('code' in current && typeof current.code === 'string') return current.code;
    message = current.message;
    current = current instanceof AggregateError ? current.errors[0] : current.cause;
  }
  return printableLine(message);
}

function bodyFailure(io: CommandLineIo, deadline: Deadline): CommandFailure {
  if (io.signal.aborted) return new CommandFailure('interrupted', 'Interrupted.');
  const reason = deadline.isOver ? 'The answer stopped coming' : 'The connection broke';
  return new CommandFailure('server_error', `${reason} before the answer was complete.`);
}

function openReply(response: Response, deadline: Deadline, explain: () => CommandFailure): GatewayReply {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    if (response.body === null) return;
    try {
      for await (const chunk of response.body) yield chunk;
    } catch {
      throw explain();
    }
  }
  return {
    status: response.status,
    contentType: response.headers.get('content-type') ?? '',
    deadline,
    chunks,
    async json() {
      const text = await readText(chunks());
      try {
        return JSON.parse(text) as unknown;
      } catch {
        return undefined;
      }
    },
    close() {
      deadline.cancel();
      // A body left unread would hold the connection, and with it the process.
      if (!response.bodyUsed) response.body?.cancel().catch(() => undefined);
    },
  };
}

async function readText(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (size > maxBodyBytes) {
      throw new CommandFailure('server_error', `The answer is larger than ${maxBodyBytes / 1024 / 1024} MiB.`);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
