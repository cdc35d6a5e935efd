import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from './canonical/clock.ts';
import { loadConfig } from './config/load.ts';
import { Exchange } from './exchange.ts';
import type { Inference } from './inference.ts';
import { createLearnedParts } from './learned-parts.ts';
import { createRequestIds } from './policies/request-id.ts';
import { createPriceOf } from './price-of.ts';
import { createPriceLibrary } from './pricing/price-library.ts';
import { providerDefinitions } from './providers/registry.gen.ts';
import type { ReplySink } from './relay/reply-sink.ts';
import { createHealthRegistry } from './resilience/health.ts';
import { compileRuntime, type Runtime } from './runtime.ts';
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
const PER_ROUND = 2_048;
const KEY = 'sk-bench-00000000-0000-4000-8000-000000000000';
const LIMIT = 1_000_000_000;

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

/** Answers every call, or refuses so many of each request first. */
function createTransport(refusals: number): Transport {
  let calls = 0;
  return {
    send(_request, handler) {
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

/** What is measured beside a request with everything on. */
interface Variant {
  readonly name: string;
  readonly routing: object;
  readonly resilience: object;
  readonly refusals: number;
}

const bulkhead = { max_concurrent: 10_000, max_queue: 10_000 };
const variants: readonly Variant[] = [
  { name: 'everything on', routing: {}, resilience: { bulkhead }, refusals: 0 },
  {
    name: 'resilience off',
    routing: { stream_recovery: 'error' },
    resilience: { circuit_breaker: { enabled: false }, retry: { max_attempts: 1 } },
    refusals: 0,
  },
  {
    name: 'one failover each',
    routing: {},
    // Nobody is to be left alone for the refusals, and nothing to be refused for want of a budget.
    resilience: { bulkhead, circuit_breaker: { enabled: false }, retry: { budget_percent: 1000 } },
    refusals: 1,
  },
];

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

async function compile({ routing, resilience, refusals }: Variant) {
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
    routing: { strategy: 'weighted', ...routing },
    rate_limit: { requests_per_minute: LIMIT },
    security: { rate_limit: { enabled: true, requests_per_minute: LIMIT, burst_size: LIMIT } },
    resilience,
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
  const runtime: Runtime = compileRuntime(loaded, {
    clock,
    audit: undefined,
    random: Math.random,
    log,
    metrics,
    limits: createMemoryLimitStore({ clock }),
    slots: createMemorySlotStore({ clock }),
    responses: createMemoryResponseStore({ clock, limits: () => loaded.config.responses }),
    health: createHealthRegistry({ clock, random: Math.random, onChange: () => {} }),
    metricsText: () => metrics.text(),
    version: 'bench',
    transport: createTransport(refusals),
    ...createLearnedParts({ clock, random: Math.random, models: () => runtime.models }),
    priceLibrary: createPriceLibrary(),
    priceOf: createPriceOf({ catalog: () => runtime.catalog, models: () => runtime.models, clock }),
    track: () => () => {},
    beginEntry: () => {},
    settle(entry) {
      metrics.observe(entry);
      logExchange(log, entry);
    },
  });
  return runtime;
}

const requestIds = createRequestIds((size) => Buffer.alloc(size, 7));
const body = {
  contentType: 'application/json',
  contentLength: question.length,
  readAll: () => Promise.resolve(question),
  peek: () => Promise.resolve({ head: question, rest: undefined }),
};

function request(inference: Inference): Promise<void> {
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

interface Measured extends Variant {
  readonly inference: Inference;
  /** Microseconds of CPU for a request, of each round. */
  readonly costs: number[];
}

/** Variants take turns, so that what else the machine does falls on all of them. */
async function measure(measured: readonly Measured[]): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    for (const { costs, inference } of measured) {
      const before = process.cpuUsage();
      // One after the other: a failover would otherwise take the refusal that is another's.
      for (let index = 0; index < PER_ROUND; index++) await request(inference);
      const used = process.cpuUsage(before);
      costs.push((used.user + used.system) / PER_ROUND);
    }
  }
}

const measured = await Promise.all(
  variants.map(async (variant) => ({
    ...variant,
    inference: (await compile(variant)).inference,
    costs: [] as number[],
  })),
);
await measure(measured);
const lowerQuartile = (costs: readonly number[]): number =>
  [...costs].sort((left, right) => left - right)[Math.floor((costs.length - 1) / 4)]!;
const [all] = measured.map(({ costs }) => lowerQuartile(costs));
console.log('a small request without sockets, lower quartile of CPU time');
for (const { name, costs } of measured) {
  const cost = lowerQuartile(costs);
  console.log(`  ${name.padEnd(18)} ${cost.toFixed(2)} µs  ${(cost - all!).toFixed(2)} µs to everything on`);
}
process.exit();
