import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../src/canonical/clock.ts';
import type { ConfigFlags, LoadedConfig } from '../../src/config/gateway-config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createGateway, type Gateway } from '../../src/gateway.ts';
import { createPriceLibrary } from '../../src/pricing/price-library.ts';
import { providerDefinitions } from '../../src/providers/registry.gen.ts';
import { openLedger } from '../../src/record/open-ledger.ts';
import { openRecord } from '../../src/record/open-record.ts';
import { createHealthRegistry, type HealthRegistry } from '../../src/resilience/health.ts';
import { createHealthProbes } from '../../src/server/health-probes.ts';
import { createMemoryLimitStore } from '../../src/stores/memory/limit-store.ts';
import { createMemoryResponseStore } from '../../src/stores/memory/response-store.ts';
import { createMemorySlotStore } from '../../src/stores/memory/slot-store.ts';
import type { SlotStore } from '../../src/stores/slot-store.ts';
import type { Database } from '../../src/stores/sql/database.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';

export interface TestGatewayOptions {
  /** Configuration as an object; port 0 and no metrics port unless it says otherwise. With `database`, it records. */
  readonly config: Record<string, unknown>;
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: ConfigFlags;
  /** Probe targets as a started process would; off by default, so that a test sees only its own requests. */
  readonly probes?: boolean;
}

export interface TestGateway {
  readonly url: string;
  readonly port: number;
  readonly gateway: Gateway;
  readonly health: HealthRegistry;
  readonly slots: SlotStore;
  /** Everything logged, as parsed lines. */
  readonly logLines: readonly Record<string, unknown>[];
  /** Everything logged, as it was written. */
  readonly rawLog: () => string;
  /** Resolves when a line of the access log has come for `count` exchanges in all. */
  readonly settled: (count: number) => Promise<Record<string, unknown>[]>;
  readonly metricsText: () => Promise<string>;
  /** What is recorded, once everything that was written down is there. Throws where nothing is. */
  readonly recorded: () => Promise<Database>;
  readonly load: (config: Record<string, unknown>) => Promise<LoadedConfig>;
  readonly stop: () => Promise<void>;
}

/** The record's own work goes on for as long as the gateway: tests that watch timers watch those of requests. */
const recordClock: Clock = { ...systemClock };

/** Starts a gateway within the test's process, over real sockets on port 0. */
export async function startTestGateway(options: TestGatewayOptions): Promise<TestGateway> {
  const directory = await mkdtemp(join(tmpdir(), 'llm-gateway-test-'));
  const load = async (config: Record<string, unknown>): Promise<LoadedConfig> => {
    const file = join(directory, 'gateway.json');
    await writeFile(file, JSON.stringify(withPorts(config)));
    return loadConfig({
      flags: { config: file, ...options.flags },
      env: options.env ?? {},
      workingDirectory: directory,
      homeDirectory: directory,
      providerVariables: providerDefinitions,
    });
  };
  const loaded = await load(options.config);
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const log = createLog({
    level: 'debug',
    format: 'json',
    destination: {
      write(line) {
        lines.push(line);
        for (const check of waiting) check();
      },
    },
    redactPersonalData: true,
    clock: systemClock,
  });
  const metrics = createMetrics({ defaultMetrics: false });
  const health = createHealthRegistry({ clock: systemClock, random: Math.random, onChange: () => {} });
  const slots = createMemorySlotStore({ clock: systemClock });
  const opening = { workingDirectory: directory, clock: recordClock, log };
  const isRecording = 'database' in options.config;
  const record = isRecording ? await openRecord({ ...opening, loaded, migrates: true, processes: 1 }) : undefined;
  const opened = openLedger({ ...opening, record, config: loaded.config.database, role: 'single' });
  const gateway: Gateway = createGateway(loaded, {
    clock: systemClock,
    random: Math.random,
    log,
    metrics,
    limits: createMemoryLimitStore({ clock: systemClock }),
    slots,
    responses: createMemoryResponseStore({ clock: systemClock, limits: () => gateway.runtime.config.responses }),
    health,
    record,
    ledger: opened?.ledger,
    priceLibrary: createPriceLibrary(),
    metricsText: () => metrics.text(),
    version: 'test',
  });
  const { port } = await gateway.listen();
  const probes = options.probes
    ? createHealthProbes({ registry: health, clock: systemClock, random: () => 0 })
    : undefined;
  probes?.update(gateway.runtime.catalog.targets.values());
  const parsed = (): Record<string, unknown>[] => lines.map((line) => JSON.parse(line));

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    gateway,
    health,
    slots,
    get logLines() {
      return parsed();
    },
    rawLog: () => lines.join(''),
    settled: (count) =>
      new Promise((resolve) => {
        const check = (): void => {
          const settled = parsed().filter((line) => 'latency_ms' in line);
          if (settled.length < count) return;
          waiting.delete(check);
          resolve(settled);
        };
        waiting.add(check);
        check();
      }),
    metricsText: () => metrics.text(),
    async recorded() {
      if (record === undefined) throw new Error('The configuration names no database.');
      await opened?.ledger.drain();
      return record.database;
    },
    load,
    async stop() {
      probes?.stop();
      await gateway.stop(0);
      await opened?.close();
      await record?.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function withPorts(config: Record<string, unknown>): Record<string, unknown> {
  const server = (config['server'] ?? {}) as Record<string, unknown>;
  return { ...config, server: { host: '127.0.0.1', port: 0, metrics_port: 0, ...server } };
}
