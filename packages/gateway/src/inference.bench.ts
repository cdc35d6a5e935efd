import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from './canonical/clock.ts';
import { loadConfig } from './config/load.ts';
import { Exchange } from './exchange.ts';
import { createRequestIds } from './policies/request-id.ts';
import { createPriceLibrary } from './pricing/price-library.ts';
import { providerDefinitions } from './providers/registry.gen.ts';
import type { ReplySink } from './relay/reply-sink.ts';
import { createHealthRegistry } from './resilience/health.ts';
import { createPickers } from './routing/pickers.ts';
import { createTargetLoad } from './routing/target-load.ts';
import { compileRuntime } from './runtime.ts';
import { composeHead } from './server/reply-head.ts';
import { createMemoryLimitStore } from './stores/memory/limit-store.ts';
import { createMemoryResponseStore } from './stores/memory/response-store.ts';
import { createMemorySlotStore } from './stores/memory/slot-store.ts';
import { logExchange } from './telemetry/access-line.ts';
import { createLog } from './telemetry/log.ts';
import { createMetrics } from './telemetry/metrics.ts';
import type { Transport } from './transport/upstream-call.ts';

// What a small request costs without sockets: policies, parsing, routing, an attempt, the reading of its reply, the reply's
// head, metrics and log line. `npm run bench:pipeline`. Changes of a microsecond show here that drown in the sockets'
// noise; what a change is worth with cold caches, only `npm run bench` tells.

const ROUNDS = 40;
const PER_ROUND = 5_000;
const KEY = 'sk-bench-00000000-0000-4000-8000-000000000000';
const LIMIT = 1_000_000_000;

const text = 'The benchmark answers with a sentence of ordinary length, as a model would. '.repeat(4);
const answer = Buffer.from(
  `{"id":"chatcmpl-bench","object":"chat.completion","created":1760000000,"model":"bench-model","choices":[{"index":0,"message":{"role":"assistant","content":"${text}","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":42,"completion_tokens":64,"total_tokens":106,"prompt_tokens_details":{"cached_tokens":0}},"service_tier":"default","system_fingerprint":"fp_bench"}`,
);
const question = Buffer.from(
  `{"model":"bench-model","temperature":0.7,"max_tokens":256,"messages":[{"role":"system","content":"You are a helpful assistant."},{"role":"user","content":"The quick brown fox jumps over the lazy dog. The quick brown fox jumps over the lazy dog."}]}`,
);
const replyHead = ['content-type', 'application/json', 'content-length', String(answer.length)].map((part) =>
  Buffer.from(part),
);
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

const transport: Transport = {
  send(_request, handler) {
    queueMicrotask(() => {
      handler.onHead(200, replyHead);
      handler.onData(answer);
      handler.onEnd();
    });
    return { abort() {}, resume() {} };
  },
  close: async () => {},
};

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

async function compile() {
  const directory = mkdtempSync(join(tmpdir(), 'llm-gateway-pipeline-'));
  const file = join(directory, 'gateway.json');
  const target = (port: number, weight: number) => ({
    url: `http://127.0.0.1:${port}`,
    weight,
    api_key: 'upstream-key',
  });
  const config = {
    auth: { mode: 'required', keys: [{ name: 'bench', key: KEY, tenant: 'bench' }] },
    backends: [target(9, 2), target(10, 1)],
    routing: { strategy: 'weighted' },
    rate_limit: { requests_per_minute: LIMIT },
    security: { rate_limit: { enabled: true, requests_per_minute: LIMIT, burst_size: LIMIT } },
    resilience: { bulkhead: { max_concurrent: 10_000, max_queue: 10_000 } },
  };
  writeFileSync(file, JSON.stringify(config));
  const loaded = await loadConfig({
    flags: { config: file },
    env: {},
    workingDirectory: directory,
    homeDirectory: directory,
    providerVariables: providerDefinitions,
  });
  rmSync(directory, { recursive: true });
  const clock = systemClock;
  const log = createLog({
    level: 'info',
    format: 'json',
    destination: { fd: openSync('/dev/null', 'w') },
    redactPersonalData: true,
    clock,
  });
  const metrics = createMetrics({ defaultMetrics: false });
  const load = createTargetLoad();
  return compileRuntime(loaded, {
    clock,
    random: Math.random,
    log,
    metrics,
    limits: createMemoryLimitStore({ clock }),
    slots: createMemorySlotStore({ clock }),
    responses: createMemoryResponseStore({ clock, limits: () => loaded.config.responses }),
    health: createHealthRegistry({ clock, random: Math.random, onChange: () => {} }),
    metricsText: () => metrics.text(),
    version: 'bench',
    transport,
    load,
    priceLibrary: createPriceLibrary(),
    pickers: createPickers({ inFlight: load.inFlight, random: Math.random }),
    settle(entry) {
      metrics.observe(entry);
      logExchange(log, entry);
    },
  });
}

const { inference } = await compile();
const requestIds = createRequestIds((size) => Buffer.alloc(size, 7));
const body = {
  contentType: 'application/json',
  contentLength: question.length,
  readAll: () => Promise.resolve(question),
  peek: () => Promise.resolve({ head: question, rest: undefined }),
};

function request(): Promise<void> {
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

const costs: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const before = process.cpuUsage();
  for (let index = 0; index < PER_ROUND; index += 32) await Promise.all(Array.from({ length: 32 }, request));
  const used = process.cpuUsage(before);
  costs.push((used.user + used.system) / PER_ROUND);
}
costs.sort((left, right) => left - right);
const at = (share: number): string => costs[Math.floor((costs.length - 1) * share)]!.toFixed(2);
console.log(`a small request without sockets: least ${at(0)} µs, lower quartile ${at(0.25)} µs, median ${at(0.5)} µs`);
process.exit();
