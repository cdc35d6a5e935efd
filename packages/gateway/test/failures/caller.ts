import { type Agent, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';

export interface CallOptions {
  /** Public name of the model; `chat` unless it says otherwise. */
  readonly model?: string;
  readonly stream?: boolean;
  /** Asks for usage at the end of a stream. */
  readonly includeUsage?: boolean;
  readonly path?: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The connection broke before the reply's proper end. */
  readonly isCut: boolean;
  /** Milliseconds from the call to the end of the reply. */
  readonly durationMs: number;
}

/** A chat answer as its caller understands it, streamed or not. */
export interface Answer {
  readonly text: string;
  readonly model: string | undefined;
  readonly finishReasons: readonly string[];
  readonly usage: { readonly completion_tokens: number } | undefined;
  readonly error: { readonly message: string; readonly type: string; readonly code: string | null } | undefined;
  /** The stream ended with its terminator. */
  readonly isDone: boolean;
}

/** A call under way, for callers that leave or read slowly. */
export interface OpenCall {
  readonly request: ClientRequest;
  readonly response: Promise<IncomingMessage>;
  /** Closes the connection; answers when that was, in milliseconds since 1970. */
  leave(): number;
}

/** Milliseconds since 1970 with fractions, on the simulator's own scale. */
export const now = (): number => performance.timeOrigin + performance.now();

export interface PostInput {
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Keeps the connection for later requests; without it, each has its own. */
  readonly agent?: Agent | undefined;
}

/** Posts JSON and leaves the reply unread. */
export function openPost(url: string, { agent, body, headers }: PostInput): OpenCall {
  const outgoing = request(url, {
    method: 'POST',
    agent: agent ?? false,
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers },
  });
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.on('response', resolve);
    outgoing.on('error', reject);
  });
  response.catch(() => {});
  outgoing.end(body);
  return {
    request: outgoing,
    response,
    leave() {
      const leftAt = now();
      outgoing.destroy();
      return leftAt;
    },
  };
}

/** Sends a chat request on a connection of its own and leaves the reply unread. */
export function open(url: string, options: CallOptions = {}): OpenCall {
  const { model = 'chat', stream = false, includeUsage = false, path = '/v1/chat/completions' } = options;
  const body = JSON.stringify({
    model,
    stream,
    ...(includeUsage ? { stream_options: { include_usage: true } } : {}),
    messages: [{ role: 'user', content: 'Hello there' }],
  });
  return openPost(url + path, { body });
}

/** Sends a chat request and reads its reply to the end. Rejects when the connection breaks before a head. */
export async function call(url: string, options: CallOptions = {}): Promise<Reply> {
  const startedAt = now();
  const response = await open(url, options).response;
  const { body, isCut } = await readAll(response);
  return { status: response.statusCode!, headers: response.headers, body, isCut, durationMs: now() - startedAt };
}

/** What is left of a reply, and whether it ended properly. */
export function readAll(response: IncomingMessage): Promise<{ readonly body: Buffer; readonly isCut: boolean }> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', () => {});
    response.on('close', () => resolve({ body: Buffer.concat(chunks), isCut: !response.complete }));
  });
}

/** Resolves when a reply has brought so many bytes. */
export function bytesOf(response: IncomingMessage, atLeast: number): Promise<void> {
  return new Promise((resolve) => {
    let bytes = 0;
    response.on('error', () => {});
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes >= atLeast) resolve();
    });
  });
}

/** Reads a unary answer, or every event of a streamed one. Throws when an event is no JSON: a caller would, too. */
export function answerOf({ body, headers }: Pick<Reply, 'body' | 'headers'>): Answer {
  const text = body.toString('utf8');
  if (!headers['content-type']?.includes('text/event-stream')) return merge([JSON.parse(text)], false);
  const data = text
    .replace(/^\uFEFF/, '')
    .replace(/\r\n?/g, '\n')
    .split('\n\n')
    .flatMap((event) => event.split('\n').filter((line) => line.startsWith('data:')))
    .map((line) => line.slice(5).trim());
  const isDone = data.at(-1) === '[DONE]';
  return merge(
    (isDone ? data.slice(0, -1) : data).map((event) => JSON.parse(event)),
    isDone,
  );
}

interface Chunk {
  readonly model?: string;
  readonly choices?: readonly {
    readonly message?: { readonly content?: string };
    readonly delta?: { readonly content?: string };
    readonly finish_reason?: string | null;
  }[];
  readonly usage?: Answer['usage'] | null;
  readonly error?: Answer['error'];
}

function merge(chunks: readonly Chunk[], isDone: boolean): Answer {
  const choices = chunks.flatMap((chunk) => chunk.choices ?? []);
  return {
    text: choices.map((choice) => choice.message?.content ?? choice.delta?.content ?? '').join(''),
    model: chunks.find((chunk) => chunk.model !== undefined)?.model,
    finishReasons: choices.flatMap((choice) => choice.finish_reason ?? []),
    usage: chunks.findLast((chunk) => chunk.usage)?.usage ?? undefined,
    error: chunks.find((chunk) => chunk.error)?.error,
    isDone,
  };
}
