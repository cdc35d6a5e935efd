import { loadConfig } from '../config/load.ts';
import { createGateway, type Gateway } from '../gateway.ts';
import { createPriceLibrary } from '../pricing/price-library.ts';
import { openBudgets } from '../record/open-budgets.ts';
import { openLedger } from '../record/open-ledger.ts';
import { openRecord } from '../record/open-record.ts';
import { adoptQuotas } from '../record/quota-adoption.ts';
import { createHealthRegistry, type HealthRegistry } from '../resilience/health.ts';
import type { Target } from '../routing/target.ts';
import { createMemoryLimitStore } from '../stores/memory/limit-store.ts';
import { createMemoryResponseStore } from '../stores/memory/response-store.ts';
import { createMemorySlotStore } from '../stores/memory/slot-store.ts';
import { createMemorySpendStore } from '../stores/memory/spend-store.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { version } from '../version.ts';
import { startBanner } from './banner.ts';
import { createHealthProbes, createHealthReporter, refreshGauges } from './health-probes.ts';
import { Lifecycle } from './lifecycle.ts';
import { openMetricsPort } from './metrics-server.ts';
import { createProcessEvents } from './process-events.ts';
import { recordFigures } from './record-status.ts';
import { createReloader } from './reloader.ts';
import type { ProcessOptions } from './run.ts';
import { imageOpener, logShared, openSharedStores } from './shared-stores.ts';
import { logConfig, openLog } from './start-log.ts';
import { keepTickShape } from './tick-shape.ts';

/** The gateway in one process: what is counted is in its memory, or in Redis where that is configured. */
export async function runSingle({ input, io }: ProcessOptions): Promise<number> {
  const { clock } = io;
  keepTickShape();
  const lifecycle = new Lifecycle(io.signal);
  const random = Math.random;
  const loaded = await loadConfig(input);
  const log = openLog(loaded, io);
  const metrics = createMetrics({ defaultMetrics: loaded.config.telemetry.metrics.enabled });
  let targets: () => Iterable<Target> = () => [];
  const health: HealthRegistry = createHealthRegistry({
    clock,
    random,
    ...createHealthReporter({ log, metrics, targets: () => targets(), registry: () => health }),
  });
  const priceLibrary = createPriceLibrary();
  const record = await openRecord({
    loaded,
    workingDirectory: input.workingDirectory,
    clock,
    log,
    migrates: true,
    processes: 1,
    // Prices take the main thread while the database takes another. `listen` waits for them, and tells of a failure.
    meanwhile: () => void priceLibrary.load().catch(() => undefined),
    openImage: imageOpener(loaded.config.redis, { clock, metrics }),
  });
  const openedLedger = openLedger({
    record,
    config: loaded.config.database,
    workingDirectory: input.workingDirectory,
    clock,
    log,
    role: 'single',
  });
  metrics.tellRecord(() => recordFigures({ record, ledger: openedLedger?.ledger }));
  const budgets = openBudgets({ record, config: loaded.config.budgets, clock, log, metrics });
  const metricsText = async (): Promise<string> => {
    await budgets?.report();
    refreshGauges({ metrics, targets: () => targets(), registry: () => health });
    return metrics.text();
  };
  const limits = createMemoryLimitStore({ clock });
  const stores = await openSharedStores({
    redis: loaded.config.redis,
    clock,
    random,
    log,
    metrics,
    limits,
    slots: createMemorySlotStore({ clock }),
    spend: budgets && {
      store: createMemorySpendStore({ clock, onCrossing: budgets.onCrossing }),
      onCrossing: budgets.onCrossing,
    },
  });
  const namesOf = (model: string): readonly string[] => gateway.runtime.catalog.namesLeadingTo(model);
  // The ledger is read while the gateway is compiled. Neither rejects.
  const adopting = Promise.all([
    adoptQuotas({ record, config: loaded.config, ledger: openedLedger?.ledger, limits, clock, log }),
    stores.spend && budgets?.keep({ store: stores.spend, ledger: openedLedger?.ledger, namesOf }),
  ]);
  const gateway: Gateway = createGateway(loaded, {
    clock,
    random,
    log,
    metrics,
    limits: stores.limits,
    slots: stores.slots,
    isRedisAnswering: stores.isRedisAnswering,
    responses: createMemoryResponseStore({ clock, limits: () => gateway.runtime.config.responses }),
    health,
    record,
    spend: stores.spend,
    ledger: openedLedger?.ledger,
    priceLibrary,
    metricsText,
    version,
  });
  targets = () => gateway.runtime.catalog.targets.values();
  logConfig(log, loaded, gateway.runtime.catalog);
  logShared(log, loaded.config.redis);

  const probes = createHealthProbes({ registry: health, clock, random });
  const [closeQuotas] = await adopting;
  const address = await gateway.listen();
  const metricsPort = await openMetricsPort({
    config: loaded.config,
    mainPort: address.port,
    pages: gateway.pages,
    log,
  });
  probes.update(targets());
  record?.onChange(() => probes.update(targets()));
  log.info('server', `Listening on ${address.address}:${address.port}`, { version, workers: 1 });
  io.stderr.write(startBanner(gateway.runtime, loaded.config, address.port));

  const events = createProcessEvents(record?.audit);
  events.started(version);
  const reloader = createReloader({
    input,
    log,
    clock,
    loaded,
    apply(next) {
      gateway.reload(next);
      logConfig(log, next, gateway.runtime.catalog);
      probes.update(targets());
    },
    onReload: events.reloaded,
  });
  await lifecycle.untilStopped({
    log,
    onHangUp: reloader.reload,
    stop: () => gateway.stop(gateway.runtime.config.server.drainMs),
  });
  reloader.close();
  probes.stop();
  metricsPort?.close();
  closeQuotas();
  await budgets?.close();
  await stores.close();
  await openedLedger?.close();
  events.stopped();
  await record?.close();
  log.close();
  return 0;
}
