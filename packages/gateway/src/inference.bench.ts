import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from './canonical/clock.ts';
import { loadConfig } from './config/load.ts';
import { createExchangeAudit } from './exchange-audit.ts';
import { settleBudgets } from './exchange-budget.ts';
import { createExchangeLedger } from './exchange-ledger.ts';
import type { Inference } from './inference.ts';
import { createTransport, KEY, request } from './inference-bench.fixture.ts';
import { createLearnedParts } from './learned-parts.ts';
import { createPriceOf } from './price-of.ts';
import { createPriceLibrary } from './pricing/price-library.ts';
import { providerDefinitions } from './providers/registry.gen.ts';
import { type BenchRecord, openBenchRecord } from './record-bench.fixture.ts';
import { createHealthRegistry } from './resilience/health.ts';
import { compileRuntime, type Runtime } from './runtime.ts';
import { createMemoryLimitStore } from './stores/memory/limit-store.ts';
import { createMemoryResponseStore } from './stores/memory/response-store.ts';
import { createMemorySlotStore } from './stores/memory/slot-store.ts';
import { logExchange } from './telemetry/access-line.ts';
import { createLog } from './telemetry/log.ts';
import { createMetrics } from './telemetry/metrics.ts';

// What a small request costs without sockets: policies, parsing, routing, an attempt, the reading of its reply, the reply's
// head, metrics and log line; and what is added by a key of the record with limits, budgets and a row of the ledger.
// `npm run bench:pipeline`. Changes of a microsecond show here that drown in the sockets' noise; what a change is worth with
// cold caches, only `npm run bench` tells.

const ROUNDS = 40;
const PER_ROUND = 2_048;
/** Requests of the run that counts what other threads and later turns do for them as well, and those in one turn. */
const WHOLE_RUN = 200_000;
const PER_TURN = 16;
/** Requests whose lines leave for the ledger together: as in a turn with eight events, each the beginning or the end of one. */
const PER_WRITE = 4;
const LIMIT = 1_000_000_000;

/** What is measured beside a request with everything on. */
interface Variant {
  readonly name: string;
  readonly routing: object;
  readonly resilience: object;
  readonly refusals: number;
  /** Whether the key is one of the record, with limits, budgets and a ledger, or one of the configuration. */
  readonly key: 'configured' | 'recorded';
  /** Each line of the ledger leaves by itself, as with one request at a time. */
  readonly isAlone?: boolean;
}

const bulkhead = { max_concurrent: 10_000, max_queue: 10_000 };
const variants: readonly Variant[] = [
  { name: 'key, limits, budget, ledger on', routing: {}, resilience: { bulkhead }, refusals: 0, key: 'recorded' },
  { name: 'key, limits, budget, ledger off', routing: {}, resilience: { bulkhead }, refusals: 0, key: 'configured' },
  {
    name: 'on, one request at a time',
    routing: {},
    resilience: { bulkhead },
    refusals: 0,
    key: 'recorded',
    isAlone: true,
  },
  {
    name: 'resilience off',
    routing: { stream_recovery: 'error' },
    resilience: { circuit_breaker: { enabled: false }, retry: { max_attempts: 1 } },
    refusals: 0,
    key: 'configured',
  },
  {
    name: 'one failover each',
    routing: {},
    // Nobody is to be left alone for the refusals, and nothing to be refused for want of a budget.
    resilience: { bulkhead, circuit_breaker: { enabled: false }, retry: { budget_percent: 1000 } },
    refusals: 1,
    key: 'configured',
  },
];

interface Compiled {
  readonly inference: Inference;
  readonly kept: BenchRecord | undefined;
}

const directory = mkdtempSync(join(tmpdir(), 'llm-gateway-pipeline-'));

async function loadVariant({ key, name, resilience, routing }: Variant, own: string) {
  const file = join(directory, `${name}.json`);
  const target = (port: number, weight: number) => ({
    url: `http://127.0.0.1:${port}`,
    weight,
    api_key: 'upstream-key',
  });
  const config = {
    auth: {
      mode: 'required',
      keys: [{ name: 'bench', key: key === 'configured' ? KEY : 'sk-of-nobody', tenant: 'bench' }],
    },
    backends: [target(9, 2), target(10, 1)],
    routing: { strategy: 'weighted', ...routing },
    rate_limit: { requests_per_minute: LIMIT },
    security: { rate_limit: { enabled: true, requests_per_minute: LIMIT, burst_size: LIMIT } },
    pricing: { 'bench-model': { input: 2.5, cached_input: 1.25, output: 10 } },
    resilience,
    ...(key === 'recorded' && { database: { path: join(own, 'record.db') } }),
  };
  writeFileSync(file, JSON.stringify(config));
  return loadConfig({
    flags: { config: file },
    env: {},
    workingDirectory: own,
    homeDirectory: own,
    providerVariables: providerDefinitions,
  });
}

async function compile(variant: Variant): Promise<Compiled> {
  const own = mkdtempSync(join(directory, 'record-'));
  const loaded = await loadVariant(variant, own);
  const clock = systemClock;
  const log = createLog({
    level: 'info',
    format: 'json',
    destination: { fd: openSync('/dev/null', 'w') },
    redactPersonalData: true,
    clock,
  });
  const metrics = createMetrics({ defaultMetrics: false });
  const kept =
    variant.key === 'recorded'
      ? await openBenchRecord({ loaded, directory: own, key: KEY, clock, log, metrics })
      : undefined;
  const priceOf = createPriceOf({ catalog: () => runtime.catalog, models: () => runtime.models });
  const ledger = kept && createExchangeLedger({ ledger: kept.ledger, priceOf, clock });
  const audit = kept && createExchangeAudit({ trail: kept.record.audit, maxBodyBytes: () => 0 });
  const runtime: Runtime = compileRuntime(loaded, {
    clock,
    audit,
    record: kept?.record,
    spend: kept?.spend,
    ledger: kept?.ledger,
    random: Math.random,
    log,
    metrics,
    limits: createMemoryLimitStore({ clock }),
    slots: createMemorySlotStore({ clock }),
    responses: createMemoryResponseStore({ clock, limits: () => loaded.config.responses }),
    health: createHealthRegistry({ clock, random: Math.random, onChange: () => {} }),
    metricsText: () => metrics.text(),
    version: 'bench',
    transport: createTransport(variant.refusals, variant.isAlone ? () => kept?.ledger.flush() : () => {}),
    ...createLearnedParts({ clock, random: Math.random, models: () => runtime.models }),
    priceLibrary: createPriceLibrary(),
    priceOf,
    track: () => () => {},
    beginEntry: (exchange, step) => ledger?.begin(exchange, step),
    settle(entry, exchange) {
      const row = ledger?.end(entry, exchange);
      settleBudgets(exchange, row);
      audit?.ended(entry, exchange);
      metrics.observe(entry);
      logExchange(log, entry);
    },
  });
  await runtime.models.load();
  return { inference: runtime.inference, kept };
}

interface Measured extends Variant, Compiled {
  /** Microseconds of CPU for a request, of each round. */
  readonly costs: number[];
}

/** Variants take turns, so that what else the machine does falls on all of them. */
async function measure(measured: readonly Measured[]): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    for (const { costs, inference, isAlone, kept } of measured) {
      const perWrite = isAlone ? 1 : PER_WRITE;
      const before = process.cpuUsage();
      // One after the other: a failover would otherwise take the refusal that is another's.
      for (let index = 0; index < PER_ROUND; index++) {
        await request(inference);
        if (index % perWrite === perWrite - 1) kept?.ledger.flush();
      }
      const used = process.cpuUsage(before);
      costs.push((used.user + used.system) / PER_ROUND);
      await drained(kept);
    }
  }
}

/** Until every row is in the database. */
async function drained(kept: BenchRecord | undefined, rows = 0): Promise<void> {
  do await kept?.ledger.drain();
  while (kept !== undefined && (await kept.rows()) < rows);
}

/** Microseconds of CPU for a request, with all that is done for it elsewhere and afterwards. */
async function measureWhole({ inference, kept }: Measured): Promise<number> {
  await drained(kept);
  const rowsBefore = (await kept?.rows()) ?? 0;
  const before = process.cpuUsage();
  for (let index = 0; index < WHOLE_RUN; index += PER_TURN) {
    for (let one = 0; one < PER_TURN; one++) await request(inference);
    await nextTurn();
  }
  await drained(kept, rowsBefore + WHOLE_RUN);
  const { system, user } = process.cpuUsage(before);
  const rows = ((await kept?.rows()) ?? 0) - rowsBefore;
  if (kept !== undefined && rows !== WHOLE_RUN)
    throw new Error(`The ledger has ${rows} rows of ${WHOLE_RUN} requests.`);
  return (user + system) / WHOLE_RUN;
}

const measured = await Promise.all(
  variants.map(async (variant) => ({ ...variant, ...(await compile(variant)), costs: [] as number[] })),
);
await measure(measured);
const lowerQuartile = (costs: readonly number[]): number =>
  [...costs].sort((left, right) => left - right)[Math.floor((costs.length - 1) / 4)]!;
const [on, off] = measured as [Measured, Measured];
const base = lowerQuartile(off.costs);
console.log('a small request without sockets, lower quartile of CPU time');
for (const { name, costs } of measured) {
  const cost = lowerQuartile(costs);
  console.log(`  ${name.padEnd(32)} ${cost.toFixed(2)} µs  ${(cost - base).toFixed(2)} µs to those off`);
}
const wholeOff = await measureWhole(off);
const wholeOn = await measureWhole(on);
console.log(`the same with all threads and until the last of ${WHOLE_RUN} rows is in the database, one run each`);
console.log(`  ${off.name.padEnd(32)} ${wholeOff.toFixed(2)} µs`);
console.log(`  ${on.name.padEnd(32)} ${wholeOn.toFixed(2)} µs  ${(wholeOn - wholeOff).toFixed(2)} µs to those off`);
await on.kept?.close();
rmSync(directory, { recursive: true });
process.exit();
