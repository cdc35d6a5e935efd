import { loadConfig } from '../config/load.ts';
import type { RoutingStatsSnapshot } from '../explain/routing-stats.ts';
import { createGateway } from '../gateway.ts';
import { createPriceLibrary } from '../pricing/price-library.ts';
import type { RecordChange } from '../record/gateway-record.ts';
import { openBudgets } from '../record/open-budgets.ts';
import { openLedger } from '../record/open-ledger.ts';
import { openRecord } from '../record/open-record.ts';
import { createHealthRegistry } from '../resilience/health.ts';
import { followHealth } from '../resilience/health-sharing.ts';
import { createClusterBus } from '../stores/cluster/bus.ts';
import { processChannel } from '../stores/cluster/channel.ts';
import { createClusterLimitStore } from '../stores/cluster/limit-store.ts';
import { createClusterResponseStore } from '../stores/cluster/response-store.ts';
import { createClusterSlotStore } from '../stores/cluster/slot-store.ts';
import { createClusterSpendStore } from '../stores/cluster/spend-store.ts';
import { createMemoryLimitStore } from '../stores/memory/limit-store.ts';
import { createMemorySlotStore } from '../stores/memory/slot-store.ts';
import { createMemorySpendStore } from '../stores/memory/spend-store.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { version } from '../version.ts';
import { recordFigures } from './record-status.ts';
import { createTurns, refuseEmpty } from './reloader.ts';
import type { ProcessOptions } from './run.ts';
import { imageOpener, openSharedStores } from './shared-stores.ts';
import { openLog } from './start-log.ts';
import { keepTickShape } from './tick-shape.ts';
import { portOfWorkers, workerTopics } from './worker-topics.ts';

/** Milliseconds that the metrics of all processes may take. */
const METRICS_MS = 2_000;
/** Milliseconds that all processes may take to follow a change of the record. */
const RECORD_MS = 2_000;

/** One of several processes that share the port. Limits, queue and health are the primary's, unless limits are in Redis; it obeys only the primary. */
export async function runWorker({ input: given, workers, io }: ProcessOptions): Promise<number> {
  const { clock } = io;
  const port = io.env[portOfWorkers];
  const input = port === undefined ? given : { ...given, flags: { ...given.flags, port: Number(port) } };
  keepTickShape();
  // Signals to the process group are the primary's business; a worker that took them would drain twice.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  const loaded = await loadConfig(input);
  const log = openLog(loaded, io, { isShared: true });
  const bus = createClusterBus({ channel: processChannel(process), clock });
  const metrics = createMetrics({ defaultMetrics: loaded.config.telemetry.metrics.enabled });
  const health = createHealthRegistry({ clock, random: Math.random, onChange: () => {} });
  const onNotice = ({ message }: { readonly message: string }): void => log.warn('worker', message);
  const priceLibrary = createPriceLibrary();
  const record = await openRecord({
    loaded,
    workingDirectory: input.workingDirectory,
    clock,
    log,
    migrates: false,
    processes: workers + 1,
    // Prices take the main thread while the database takes another. `listen` waits for them, and tells of a failure.
    meanwhile: () => void priceLibrary.load().catch(() => undefined),
    openImage: imageOpener(loaded.config.redis, { clock, metrics }),
  });
  record?.tellOthers((change) => bus.ask(workerTopics.recordChanged, change, RECORD_MS));
  bus.answer(workerTopics.recordChanged, (change) => record?.follow(change as RecordChange));
  const openedLedger = openLedger({
    record,
    config: loaded.config.database,
    workingDirectory: input.workingDirectory,
    clock,
    log,
    role: 'worker',
  });
  metrics.tellRecord(() => recordFigures({ record, ledger: openedLedger?.ledger }));
  const budgets = openBudgets({ record, config: loaded.config.budgets, clock, log, metrics });
  const stores = await openSharedStores({
    redis: loaded.config.redis,
    clock,
    random: Math.random,
    log,
    metrics,
    limits: createClusterLimitStore({ bus, clock, fallback: createMemoryLimitStore({ clock }), onNotice }),
    slots: createClusterSlotStore({ bus, clock, fallback: createMemorySlotStore({ clock }), onNotice }),
    // The primary counts and tells where Redis does not; this process only does while both are silent.
    spend: budgets && {
      store: createClusterSpendStore({
        bus,
        clock,
        fallback: createMemorySpendStore({ clock, onCrossing: budgets.onCrossing }),
        onNotice,
      }),
      onCrossing: budgets.onCrossing,
    },
  });
  const gateway = createGateway(loaded, {
    clock,
    random: Math.random,
    log,
    metrics,
    limits: stores.limits,
    slots: stores.slots,
    isRedisAnswering: stores.isRedisAnswering,
    responses: createClusterResponseStore({ bus, clock }),
    health,
    record,
    spend: stores.spend,
    ledger: openedLedger?.ledger,
    priceLibrary,
    metricsText: async () => String(await bus.ask(workerTopics.allMetrics, undefined, METRICS_MS)),
    allRoutingStats: async (windowMs) =>
      (await bus.ask(workerTopics.allRoutingStats, windowMs, METRICS_MS)) as RoutingStatsSnapshot,
    version,
  });
  bus.answer(workerTopics.metrics, () => metrics.snapshotJson());
  bus.answer(workerTopics.routingStats, (windowMs) => gateway.routingStats.snapshot(windowMs as number | undefined));
  const inTurn = createTurns();
  bus.on(workerTopics.reload, () => {
    const takeOver = async (): Promise<void> => {
      const next = await loadConfig(input);
      refuseEmpty(loaded, next);
      gateway.reload(next);
    };
    inTurn(() =>
      takeOver().catch((error: unknown) =>
        log.error('config', `Worker ${process.pid} keeps the configuration it has: ${String(error)}`),
      ),
    );
  });
  await followHealth(health, bus);
  const stopped = untilToldToStop();
  const listening = await gateway.listen();
  bus.post(workerTopics.listening, { address: listening.address, port: listening.port });
  await stopped;
  await budgets?.close();
  await stores.close();
  await openedLedger?.close();
  await record?.close();
  bus.close();
  log.close();
  return 0;

  function untilToldToStop(): Promise<void> {
    return new Promise((resolve) => {
      const stop = (): void => void gateway.stop(gateway.runtime.config.server.drainMs).then(resolve);
      bus.on(workerTopics.stop, stop);
      // Without a primary there are no limits in common, and nobody to end this process.
      process.once('disconnect', stop);
    });
  }
}
