import { type Clock, systemClock } from '../../src/canonical/clock.ts';
import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import { Exchange } from '../../src/exchange.ts';
import { findProtocol } from '../../src/protocols/find-protocol.ts';
import { Attempt } from '../../src/relay/attempt.ts';
import type { AttemptOutcome } from '../../src/relay/attempt-outcome.ts';
import { failureError } from '../../src/relay/failure-reply.ts';
import { createHeadRules } from '../../src/relay/reply-headers.ts';
import { createReplyBody } from '../../src/reply-body.ts';
import { readConversation, type Translation, translateRequest } from '../../src/translation/translation.ts';
import type { UpstreamHandler } from '../../src/transport/upstream-call.ts';
import type { WireCaller } from './wire-callers.ts';

/** What an upstream sends, and how that ends. */
export interface PlayedStream {
  readonly chunks: readonly Buffer[];
  /** The connection breaks; otherwise the body ends properly. */
  readonly isBroken: boolean;
}

export interface PlayedReply {
  readonly body: Buffer;
  readonly outcome: AttemptOutcome;
}

/** Plays streams of an upstream to a caller, without sockets: thousands in a second. */
export type PlayStream = (stream: PlayedStream) => Promise<PlayedReply>;

/** Answers that tell when they were made say the same of every play. */
const clock: Clock = { ...systemClock, wallNow: () => Date.UTC(2026, 0, 1) };
const limits = { headersMs: 5_000, firstTokenMs: 5_000, idleMs: 5_000, totalMs: 5_000, isTotalOfExchange: true };
const headRules = createHeadRules({ renameRateLimits: false, replaced: [] });
const request = { origin: 'http://provider', method: 'POST', path: '/', headers: [], body: undefined, connectMs: 1 };

export async function createPlay(caller: WireCaller, upstream: ProtocolName): Promise<PlayStream> {
  const { body } = caller.request('m', true);
  const bytes = Buffer.from(JSON.stringify(body));
  const facts = { model: 'm', stream: true, includeUsage: true, choices: 1 };
  const isArray = caller.name !== caller.wire;
  const isRelay = caller.wire === upstream && !isArray;
  const translation = isRelay ? undefined : await translate(caller.wire, upstream, bytes);
  const type = findProtocol(upstream).streamType;
  return async (stream) => {
    const got: Buffer[] = [];
    const exchange = exchangeOf(caller, isArray, got);
    exchange.facts = facts;
    const host = { begin() {}, resume() {}, beforeEnd() {} };
    const reply = createReplyBody({
      exchange,
      host,
      translation,
      sent: undefined,
      isResumed: false,
      newId: () => '0123456789abcdef',
    });
    const transport = { send: sender(stream, type), close: async () => {} };
    const startedAt = clock.now();
    const attempt = new Attempt({ transport, clock, startedAt, request, limits, body: reply, headRules });
    const outcome = await attempt.run();
    if (outcome.failure && outcome.isCommitted) {
      const { client } = findProtocol(caller.wire);
      const encode = (isArray ? client.encodeArrayError : undefined) ?? client.encodeErrorEvent;
      got.push(encode(failureError(outcome.failure)));
    }
    return { body: Buffer.concat(got), outcome };
  };
}

async function translate(client: ProtocolName, upstream: ProtocolName, body: Buffer): Promise<Translation> {
  const facts = { model: 'm', stream: true, includeUsage: true, choices: 1 };
  const conversation = readConversation(client, body, facts);
  const fetchMedia = () => Promise.reject(new Error('no media'));
  return translateRequest({
    conversation,
    client,
    upstream,
    model: 'm',
    quirks: {},
    maxOutputTokens: undefined,
    fetchMedia,
  });
}

function exchangeOf(caller: WireCaller, isArray: boolean, got: Buffer[]): Exchange {
  const sink = {
    head() {},
    write(bytes: Buffer) {
      got.push(bytes);
      return true;
    },
    end(bytes?: Buffer) {
      if (bytes) got.push(bytes);
    },
    cut() {},
    onDrain() {},
  };
  return new Exchange({
    id: '00000000-0000-4000-8000-000000000000',
    clock,
    method: 'POST',
    url: '/',
    headers: {},
    rawHeaders: [],
    operation: caller.wire === 'openai-responses' ? 'responses' : 'chat',
    protocol: caller.wire,
    streamAsk: isArray ? 'array' : 'body',
    pathModel: 'm',
    tail: '',
    query: '',
    clientAddress: '127.0.0.1',
    peerAddress: '127.0.0.1',
    sink,
  });
}

function sender({ chunks, isBroken }: PlayedStream, contentType: string) {
  const head = ['content-type', contentType];
  return (_: unknown, handler: UpstreamHandler) => {
    let isAborted = false;
    queueMicrotask(() => {
      handler.onHead(200, head);
      for (const chunk of chunks) if (!isAborted) handler.onData(chunk);
      if (isAborted) return;
      if (isBroken) handler.onError(Object.assign(new Error('reset'), { code: 'ECONNRESET' }), false);
      else handler.onEnd();
    });
    const abort = (): void => {
      isAborted = true;
    };
    return { isSent: true, abort, resume() {} };
  };
}
