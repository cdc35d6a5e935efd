import { systemClock } from './canonical/clock.ts';
import { Exchange } from './exchange.ts';
import type { Inference } from './inference.ts';
import { createRequestIds } from './policies/request-id.ts';
import type { ReplySink } from './relay/reply-sink.ts';
import { composeHead } from './server/reply-head.ts';
import type { Transport } from './transport/upstream-call.ts';

/** The key of all requests. */
export const KEY = 'sk-bench-00000000-0000-4000-8000-000000000000';
const text = 'The benchmark answers with a sentence of ordinary length, as a model would. '.repeat(4);
const answer = Buffer.from(
  `{"id":"chatcmpl-bench","object":"chat.completion","created":1760000000,"model":"bench-model","choices":[{"index":0,"message":{"role":"assistant","content":"${text}","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":42,"completion_tokens":64,"total_tokens":106,"prompt_tokens_details":{"cached_tokens":0}},"service_tier":"default","system_fingerprint":"fp_bench"}`,
);
const question = Buffer.from(
  `{"model":"bench-model","temperature":0.7,"max_tokens":256,"messages":[{"role":"system","content":"You are a helpful assistant."},{"role":"user","content":"The quick brown fox jumps over the lazy dog. The quick brown fox jumps over the lazy dog."}]}`,
);
const replyHead = ['content-type', 'application/json', 'content-length', String(answer.length)];
const rawHeaders = [
  ['host', 'bench.local'],
  ['authorization', `Bearer ${KEY}`],
  ['content-type', 'application/json'],
  ['accept', '*/*'],
  ['user-agent', 'bench/1'],
  ['content-length', String(question.length)],
].flat();
const headers = Object.fromEntries(
  rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [[name, rawHeaders[at + 1]!]] : [])),
);

const refusal = Buffer.from('{"error":{"message":"Overloaded.","type":"server_error","code":null}}');
const refusalHead = ['content-type', 'application/json', 'content-length', String(refusal.length)];

/** Answers every call, or refuses so many of each request first. `beforeSend` is called where a request would go out. */
export function createTransport(refusals: number, beforeSend: () => void): Transport {
  let calls = 0;
  return {
    send(_request, handler) {
      beforeSend();
      const isRefused = calls++ % (refusals + 1) < refusals;
      queueMicrotask(() => {
        handler.onHead(isRefused ? 503 : 200, isRefused ? refusalHead : replyHead);
        handler.onData(isRefused ? refusal : answer);
        handler.onEnd();
      });
      return { isSent: true, abort() {}, resume() {} };
    },
    close: async () => {},
  };
}

class NullSink implements ReplySink {
  #head: { status: number; headers: readonly string[] } = { status: 0, headers: [] };

  head(status: number, names: readonly string[]): void {
    this.#head = { status, headers: names };
  }

  end(bytes?: Buffer): void {
    const head = composeHead({ ...this.#head, keepsAlive: true }, '');
    if (this.#head.status !== 200 || head === undefined || bytes !== answer) throw new Error('That is not the answer.');
  }

  write(): boolean {
    return true;
  }

  cut(): void {}

  onDrain(): void {}
}

const requestIds = createRequestIds((size) => Buffer.alloc(size, 7));
const body = {
  contentType: 'application/json',
  contentLength: question.length,
  readAll: () => question,
  peek: () => Promise.resolve({ head: question, rest: undefined }),
};

/** A small request from its head to the end of its reply. */
export function request(inference: Inference): Promise<void> {
  const exchange = new Exchange({
    id: requestIds(undefined),
    clock: systemClock,
    method: 'POST',
    url: '/v1/chat/completions',
    headers,
    rawHeaders,
    operation: 'chat',
    protocol: 'openai-chat',
    streamAsk: 'body',
    pathModel: undefined,
    tail: 'chat/completions',
    query: '',
    clientAddress: '127.0.0.1',
    peerAddress: '127.0.0.1',
    sink: new NullSink(),
  });
  return inference(exchange, body);
}
