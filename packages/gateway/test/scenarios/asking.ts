import type { Agent, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { now, type OpenCall, openPost } from '../failures/caller.ts';
import type { WireCaller } from '../failures/wire-callers.ts';

/** What a caller wants. */
export interface Ask {
  readonly model: string;
  readonly stream: boolean;
  /** The request's id, by which attempts at providers and lines of the log are told apart. */
  readonly id: string;
  /** Further members of the body. */
  readonly body?: Readonly<Record<string, unknown>>;
  /** Keeps the connection for later requests; without it, each has its own. */
  readonly agent?: Agent;
}

/** All that a caller got. */
export interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: NodeJS.Dict<string>;
  readonly body: Buffer;
  /** The connection broke before the reply's proper end. */
  readonly isCut: boolean;
  /** Milliseconds from the call to the first byte of the body, and to the end of the reply. */
  readonly firstByteMs: number;
  readonly durationMs: number;
}

/** Asks and leaves the reply unread. */
export function openAsk(url: string, caller: WireCaller, ask: Ask): OpenCall {
  const { path, body } = caller.request(ask.model, ask.stream);
  // Without this wish a stream of the wire says nothing of usage.
  const usage = caller.wire === 'openai-chat' && ask.stream ? { stream_options: { include_usage: true } } : {};
  return openPost(url + path, {
    body: JSON.stringify({ ...body, ...usage, ...ask.body }),
    headers: { 'x-request-id': ask.id },
    agent: ask.agent,
  });
}

/** Asks and reads the reply to its end. Rejects when the connection breaks before a head. */
export async function askWhole(url: string, caller: WireCaller, ask: Ask): Promise<Got> {
  const startedAt = now();
  const response = await openAsk(url, caller, ask).response;
  return readReply(response, startedAt);
}

/** Reads a reply to its end, however that is. */
export function readReply(response: IncomingMessage, startedAt: number): Promise<Got> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let firstByteAt: number | undefined;
    response.on('data', (chunk: Buffer) => {
      firstByteAt ??= now();
      chunks.push(chunk);
    });
    response.on('error', () => {});
    response.on('close', () => {
      resolve({
        status: response.statusCode!,
        headers: response.headers,
        trailers: response.trailers,
        body: Buffer.concat(chunks),
        isCut: !response.complete,
        firstByteMs: (firstByteAt ?? now()) - startedAt,
        durationMs: now() - startedAt,
      });
    });
  });
}
