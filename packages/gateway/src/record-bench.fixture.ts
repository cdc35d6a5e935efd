import { createHash, randomUUID } from 'node:crypto';
import type { Clock } from './canonical/clock.ts';
import type { LoadedConfig } from './config/gateway-config.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { GatewayRecord } from './record/gateway-record.ts';
import { openBudgets } from './record/open-budgets.ts';
import { openLedger } from './record/open-ledger.ts';
import { openRecord } from './record/open-record.ts';
import type { BudgetPeriod } from './stores/budget-store.ts';
import { createMemorySpendStore } from './stores/memory/spend-store.ts';
import type { SpendStore } from './stores/spend-store.ts';
import type { Log, Metrics } from './telemetry/telemetry.ts';

/** What a gateway has that keeps a record in an embedded database, for benchmarks. */
export interface BenchRecord {
  readonly record: GatewayRecord;
  readonly ledger: Ledger;
  readonly spend: SpendStore;
  /** Rows of the ledger that are in the database. */
  readonly rows: () => Promise<number>;
  readonly close: () => Promise<void>;
}

export interface BenchRecordInput {
  readonly loaded: LoadedConfig;
  readonly directory: string;
  /** The key that is made, with limits, for a team and a tenant; all three have budgets. */
  readonly key: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

const LIMIT = 1_000_000_000;
const CAP_NANOS = 1_000_000_000_000_000n;

/** Limits and budgets are far above what a benchmark takes, so that they are counted and never reached. */
export async function openBenchRecord(input: BenchRecordInput): Promise<BenchRecord> {
  const { clock, directory, key, loaded, log, metrics } = input;
  const record = await openRecord({ loaded, workingDirectory: directory, clock, log, migrates: true, processes: 1 });
  const opened = openLedger({
    record,
    config: loaded.config.database,
    workingDirectory: directory,
    clock,
    log,
    role: 'single',
  });
  const budgets = openBudgets({ record, config: loaded.config.budgets, clock, log, metrics });
  if (record === undefined || opened === undefined || budgets === undefined) throw new Error('No record was opened.');
  await fill(record, key);
  const spend = createMemorySpendStore({ clock, onCrossing: budgets.onCrossing });
  await budgets.keep({ store: spend, ledger: opened.ledger, namesOf: (model) => [model] });
  return {
    record,
    ledger: opened.ledger,
    spend,
    async rows() {
      const [row] = await record.database.all<{ count: number }>('SELECT COUNT(*) AS count FROM usage_rows');
      return row!.count;
    },
    async close() {
      await budgets.close();
      await opened.close();
      await record.close();
    },
  };
}

async function fill(record: GatewayRecord, key: string): Promise<void> {
  const { budgets, keys, tenants } = record.stores;
  const quotas = { requestsPerMinute: LIMIT, tokensPerMinute: LIMIT, maxConcurrent: LIMIT };
  const organisation = await tenants.organisations.create({ name: 'bench', settings: {}, isActive: true });
  const organisationId = organisation.id;
  const team = await tenants.teams.create({ name: 'bench', organisationId, settings: {}, isActive: true });
  const tenant = await tenants.tenants.create({
    id: 'bench',
    name: 'bench',
    organisationId,
    settings: { quotas },
    isActive: true,
  });
  const { id } = await keys.create({
    name: 'bench',
    prefix: key.slice(0, 8),
    hash: createHash('sha256').update(key).digest('hex'),
    tenantId: tenant.id,
    teamId: team.id,
    scopes: {},
    requestsPerMinute: LIMIT,
    tokensPerMinute: LIMIT,
    maxConcurrent: LIMIT,
    tokenBudget: null,
    metadata: {},
    expiresAt: null,
  });
  const budget = (scope: 'key' | 'team' | 'tenant', scopeId: string, period: BudgetPeriod, isHard: boolean) =>
    budgets.create({
      name: randomUUID(),
      scope,
      scopeId,
      model: '',
      period,
      capNanos: CAP_NANOS,
      thresholds: [50, 80, 100],
      isHard,
      isActive: true,
    });
  await budget('key', id, 'day', true);
  await budget('key', id, 'month', false);
  await budget('team', team.id, 'week', true);
  await budget('tenant', tenant.id, 'month', true);
  await record.changed({ topics: ['keys', 'tenants', 'budgets'], invalidHashes: [] });
}
