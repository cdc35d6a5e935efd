import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';

export const hello = [{ role: 'user', content: 'Hello!' }];

export interface CallOptions {
  readonly path?: string;
  readonly method?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Sends a chat, or whatever else the path says; text is sent as it is. */
export function call(url: string, body: unknown, options: CallOptions = {}): Promise<Response> {
  const { path = '/v1/chat/completions', method = 'POST', key, headers, signal } = options;
  return fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }), ...headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
    ...(signal && { signal }),
  });
}

/** A request whose head and body go out as the test says, over a connection of its own. */
export function openRequest(url: string, path: string, headers: Readonly<Record<string, string>>): ClientRequest {
  return request(`${url}${path}`, { method: 'POST', agent: false, headers });
}

/** The head of the reply; the body is left to read. */
export async function replyTo(sent: ClientRequest): Promise<IncomingMessage> {
  const [reply] = await once(sent, 'response');
  return reply as IncomingMessage;
}

export async function textOf(reply: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of reply) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

export interface ChatAnswer {
  readonly id: string;
  readonly object: string;
  readonly created: number;
  readonly model: string;
  readonly choices: readonly { index: number; finish_reason: string; message: { role: string; content: string } }[];
  readonly usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
}

export interface ErrorAnswer {
  readonly error: { message: string; type: string; param: string | null; code: string | null };
}

export const answerOf = async (response: Response): Promise<ChatAnswer> => (await response.json()) as ChatAnswer;
export const errorOf = async (response: Response): Promise<ErrorAnswer['error']> =>
  ((await response.json()) as ErrorAnswer).error;

/** The data of each event of a stream, in order. */
export function eventsOf(stream: string): string[] {
  return stream
    .split('\n\n')
    .filter((event) => event.startsWith('data: '))
    .map((event) => event.slice('data: '.length));
}

/** What a streamed answer says. */
export function streamedText(stream: string): string {
  return eventsOf(stream)
    .filter((data) => data !== '[DONE]')
    .map(
      (data) => (JSON.parse(data) as { choices: { delta?: { content?: string } }[] }).choices[0]?.delta?.content ?? '',
    )
    .join('');
}

/** The body that an upstream was sent. */
export function sentBody(attempt: { readonly body: Buffer } | undefined): Record<string, unknown> {
  return JSON.parse(attempt?.body.toString('utf8') ?? 'null') as Record<string, unknown>;
}
