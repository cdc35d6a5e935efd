import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/canonical/clock.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createGateway, type Gateway } from '../../src/gateway.ts';
import { createPriceLibrary } from '../../src/pricing/price-library.ts';
import { providerDefinitions } from '../../src/providers/registry.gen.ts';
import type { GatewayRecord } from '../../src/record/gateway-record.ts';
import { openBudgets } from '../../src/record/open-budgets.ts';
import { openLedger } from '../../src/record/open-ledger.ts';
import { openRecord } from '../../src/record/open-record.ts';
import { createHealthRegistry } from '../../src/resilience/health.ts';
import { recordFigures } from '../../src/server/record-status.ts';
import { imageOpener, openSharedStores } from '../../src/server/shared-stores.ts';
import { createMemoryLimitStore } from '../../src/stores/memory/limit-store.ts';
import { createMemoryResponseStore } from '../../src/stores/memory/response-store.ts';
import { createMemorySlotStore } from '../../src/stores/memory/slot-store.ts';
import { createMemorySpendStore } from '../../src/stores/memory/spend-store.ts';
import type { DatabaseLocation } from '../../src/stores/sql/database.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';

export const adminKey = 'my-secret-admin-key';

export interface RecordGatewayOptions {
  /** Left out: a file that goes when the gateway is stopped. */
  readonly location?: DatabaseLocation;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

export interface AdminReply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; undefined where there is none. */
  readonly body: ReturnType<typeof JSON.parse>;
}

/** A gateway with a record, in this process, over a real socket; with Redis, where the variables name it. */
export interface RecordGateway {
  readonly url: string;
  readonly record: GatewayRecord;
  /** Brings everything that was written down into the database. */
  readonly drainLedger: () => Promise<void>;
  readonly rawLog: () => string;
  readonly metricsText: () => Promise<string>;
  /** Calls the admin API with the operators' key, or with another or none (`undefined`). */
  readonly admin: (method: string, path: string, body?: unknown, key?: string | null) => Promise<AdminReply>;
  /** Asks for a chat. */
  readonly chat: (
    key: string | undefined,
    model?: string,
    more?: Readonly<Record<string, unknown>>,
  ) => Promise<AdminReply>;
  readonly stop: () => Promise<void>;
}

export async function startRecordGateway({
  config = {},
  env = {},
  location: given,
}: RecordGatewayOptions): Promise<RecordGateway> {
  const directory = await mkdtemp(join(tmpdir(), 'llm-gateway-record-'));
  const location = given ?? { file: join(directory, 'record.db') };
  const file = join(directory, 'gateway.json');
  const database = 'file' in location ? { path: location.file } : {};
  await writeFile(
    file,
    JSON.stringify({ server: { host: '127.0.0.1', port: 0, metrics_port: 0 }, database, ...config }),
  );
  const loaded = await loadConfig({
    flags: { config: file },
    env: { ADMIN_KEY: adminKey, ...('url' in location && { DATABASE_URL: location.url }), ...env },
    workingDirectory: directory,
    homeDirectory: directory,
    providerVariables: providerDefinitions,
  });
  const lines: string[] = [];
  const log = createLog({
    level: 'debug',
    format: 'json',
    destination: { write: (line) => void lines.push(line) },
    redactPersonalData: true,
    clock: systemClock,
  });
  const metrics = createMetrics({ defaultMetrics: false });
  const record = await openRecord({
    loaded,
    workingDirectory: directory,
    clock: systemClock,
    log,
    migrates: true,
    processes: 1,
    openImage: imageOpener(loaded.config.redis, { clock: systemClock, metrics }),
  });
  if (record === undefined) throw new Error('No record was opened.');
  const opened = openLedger({
    record,
    config: loaded.config.database,
    workingDirectory: directory,
    clock: systemClock,
    log,
    role: 'single',
  });
  const budgets = openBudgets({ record, config: loaded.config.budgets, clock: systemClock, log, metrics })!;
  const { onCrossing } = budgets;
  const shared = await openSharedStores({
    redis: loaded.config.redis,
    clock: systemClock,
    log,
    metrics,
    random: Math.random,
    limits: createMemoryLimitStore({ clock: systemClock }),
    slots: createMemorySlotStore({ clock: systemClock }),
    spend: { store: createMemorySpendStore({ clock: systemClock, onCrossing }), onCrossing },
  });
  const { limits, slots, spend } = shared;
  const namesOf = (model: string) => gateway.runtime.catalog.namesLeadingTo(model);
  const adopting = budgets.keep({ store: spend!, ledger: opened?.ledger, namesOf });
  metrics.tellRecord(() => recordFigures({ record, ledger: opened?.ledger }));
  const metricsText = async (): Promise<string> => {
    await budgets.report();
    return metrics.text();
  };
  const gateway: Gateway = createGateway(loaded, {
    clock: systemClock,
    random: Math.random,
    log,
    metrics,
    limits,
    slots,
    responses: createMemoryResponseStore({ clock: systemClock, limits: () => gateway.runtime.config.responses }),
    health: createHealthRegistry({ clock: systemClock, random: Math.random, onChange: () => {} }),
    record,
    spend,
    ledger: opened?.ledger,
    priceLibrary: createPriceLibrary(),
    metricsText,
    version: 'test',
  });
  await adopting;
  const { port } = await gateway.listen();
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    record,
    drainLedger: async () => opened?.ledger.drain(),
    rawLog: () => lines.join(''),
    metricsText,
    admin: (method, path, body, key = adminKey) => call(url + path, method, key ?? undefined, body),
    chat: (key, model = 'gpt-4o', more = {}) =>
      call(`${url}/v1/chat/completions`, 'POST', key, {
        model,
        messages: [{ role: 'user', content: 'Hello!' }],
        ...more,
      }),
    async stop() {
      await gateway.stop(0);
      await budgets.close();
      await opened?.close();
      await shared.close();
      await record.close().finally(() => rm(directory, { recursive: true, force: true }));
    },
  };
}

async function call(url: string, method: string, key: string | undefined, body: unknown): Promise<AdminReply> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true && text !== '';
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined };
}
