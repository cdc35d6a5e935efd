import cluster, { type Worker } from 'node:cluster';
import { systemClock } from '../canonical/clock.ts';
import { startError } from '../canonical/config-error.ts';
import type { CommandLineIo } from '../cli/command-line-io.ts';
import { readAdminKey } from '../config/admin-key.ts';
import type { ConfigError, LoadedConfig } from '../config/gateway-config.ts';
import { loadConfig } from '../config/load.ts';
import { mergeRoutingStats, type RoutingStatsSnapshot } from '../explain/routing-stats.ts';
import { createModelCatalogue } from '../pricing/model-catalogue.ts';
import { createPriceLibrary } from '../pricing/price-library.ts';
import type { RecordChange } from '../record/gateway-record.ts';
import { type OpenBudgets, openBudgets } from '../record/open-budgets.ts';
import { openLedger } from '../record/open-ledger.ts';
import { openRecord } from '../record/open-record.ts';
import { adoptQuotas } from '../record/quota-adoption.ts';
import { createHealthRegistry, type HealthRegistry } from '../resilience/health.ts';
import { healthSettingsOf } from '../resilience/health-settings.ts';
import { shareHealth } from '../resilience/health-sharing.ts';
import { compileRoutes } from '../runtime.ts';
import { processChannel } from '../stores/cluster/channel.ts';
import { type ClusterHub, createClusterHub } from '../stores/cluster/hub.ts';
import { createClusterResponseHost } from '../stores/cluster/response-host.ts';
import { createClusterSpendHost } from '../stores/cluster/spend-host.ts';
import { createClusterStoreHost } from '../stores/cluster/store-host.ts';
import { createMemoryLimitStore } from '../stores/memory/limit-store.ts';
import { createMemoryResponseStore } from '../stores/memory/response-store.ts';
import { createMemorySlotStore } from '../stores/memory/slot-store.ts';
import { createMemorySpendStore } from '../stores/memory/spend-store.ts';
import type { RedisSpend } from '../stores/redis/redis-stores.ts';
import { createMetrics, type MergeableMetrics } from '../telemetry/metrics.ts';
import { type MetricsSnapshot, mergeMetrics } from '../telemetry/metrics-snapshot.ts';
import type { Log } from '../telemetry/telemetry.ts';
import { version } from '../version.ts';
import { startBanner } from './banner.ts';
import { createHealthProbes, createHealthReporter, refreshGauges } from './health-probes.ts';
import { Lifecycle } from './lifecycle.ts';
import { openMetricsPort } from './metrics-server.ts';
import { createPageSource } from './page-source.ts';
import { createProcessEvents } from './process-events.ts';
import { reclaimConnections } from './reclaim-connections.ts';
import { recordFigures } from './record-status.ts';
import { createReloader } from './reloader.ts';
import type { ProcessOptions } from './run.ts';
import { imageOpener, logShared, openSharedSpend } from './shared-stores.ts';
import { logConfig, openLog } from './start-log.ts';
import { portOfWorkers, type WorkerAddress, workerTopics } from './worker-topics.ts';

/** Milliseconds that workers may take to hand over their metrics. */
const METRICS_MS = 1_500;
/** Milliseconds that workers may take to follow a change of the record. */
const RECORD_MS = 1_500;
/** Milliseconds before a worker that died is replaced; one that dies at once is replaced ever more slowly. */
const FIRST_RESPAWN_MS = 200;
const LAST_RESPAWN_MS = 10_000;
/** A worker that lived this long, in milliseconds, did not die of its start. */
const HEALTHY_LIFE_MS = 30_000;

/**
 * The process in front of the workers. It serves no request: it holds what must be one for all of them (limits, queue,
 * the verdict on each target's health, the metrics port) and replaces workers that die.
 */
export async function runPrimary({ input, workers, io }: ProcessOptions): Promise<number> {
  const { clock } = io;
  const lifecycle = new Lifecycle(io.signal);
  let loaded = await loadConfig(input);
  const log = openLog(loaded, io, { isShared: true });
  const { workingDirectory } = input;
  const metrics = createMetrics({ defaultMetrics: false });
  const openImage = imageOpener(loaded.config.redis, { clock, metrics });
  const opening = { loaded, workingDirectory, clock, log, openImage };
  const record = await openRecord({ ...opening, migrates: true, processes: workers + 1 });
  const openedLedger = openLedger({
    record,
    config: loaded.config.database,
    workingDirectory: input.workingDirectory,
    clock,
    log,
    role: 'primary',
  });
  const compile = (next: LoadedConfig) => compileRoutes(record?.merged(next) ?? next, systemClock);
  let { catalog } = compile(loaded);
  const targets = () => catalog.targets.values();
  const health: HealthRegistry = createHealthRegistry({
    clock,
    random: Math.random,
    ...createHealthReporter({ log, metrics, targets, registry: () => health }),
  });
  const slots = createMemorySlotStore({ clock });
  const hub = createClusterHub({ clock });
  const limits = createMemoryLimitStore({ clock });
  createClusterStoreHost({ hub, limits, slots, clock });
  createClusterResponseHost(hub, createMemoryResponseStore({ clock, limits: () => loaded.config.responses }));
  metrics.tellRecord(() => recordFigures({ record, ledger: openedLedger?.ledger }));
  const budgets = openBudgets({ record, config: loaded.config.budgets, clock, log, metrics });
  let shared: RedisSpend | undefined;
  if (budgets) {
    const { onCrossing } = budgets;
    const spend = createMemorySpendStore({ clock, onCrossing });
    createClusterSpendHost(hub, spend);
    shared = await openSharedSpend({ redis: loaded.config.redis, clock, log, metrics }, { store: spend, onCrossing });
    const namesOf = (model: string) => catalog.namesLeadingTo(model);
    await budgets.keep({ store: shared.store, ledger: openedLedger?.ledger, namesOf });
  }
  const { config } = loaded;
  const closeQuotas = await adoptQuotas({ record, config, ledger: openedLedger?.ledger, limits, clock, log });
  shareHealth(health, hub);
  const probes = createHealthProbes({ registry: health, clock, random: Math.random });
  const adopt = (next: LoadedConfig): void => {
    catalog = compile(next).catalog;
    loaded = next;
    health.configure(healthSettingsOf(next.config.resilience));
    health.retain([...targets()].map(({ healthId }) => healthId));
    probes.update(targets());
  };
  adopt(loaded);
  record?.onChange((topics) => {
    if (topics.includes('providers')) adopt(loaded);
  });
  hub.answer(workerTopics.recordChanged, async (change) => {
    await record?.follow(change as RecordChange);
    await hub.askAll(workerTopics.recordChanged, change, RECORD_MS);
  });
  logConfig(log, loaded, catalog);
  logShared(log, loaded.config.redis);

  const metricsText = () => {
    refreshGauges({ metrics, targets, registry: () => health });
    return textOfAll(hub, metrics, budgets);
  };
  hub.answer(workerTopics.allMetrics, metricsText);
  hub.answer(workerTopics.allRoutingStats, async (windowMs) =>
    mergeRoutingStats((await hub.askAll(workerTopics.routingStats, windowMs, METRICS_MS)) as RoutingStatsSnapshot[]),
  );
  const staff = new Staff({ hub, log, count: workers, io });
  const library = createPriceLibrary();
  const pages = createPageSource({
    clock,
    version,
    health,
    metrics,
    metricsText,
    catalog: () => catalog,
    modelCatalogue: () => createModelCatalogue({ library, overrides: loaded.config.modelOverrides ?? [] }),
    publicMetrics: () => true,
    queue: () => slots.counts('admission'),
    isStarted: () => staff.isServing,
    isDraining: () => staff.isStopping,
    auth: () => loaded.config.auth,
    record,
    ledger: openedLedger?.ledger,
  });
  const address = await staff.start();
  const metricsPort = await openMetricsPort({ config: loaded.config, mainPort: address.port, pages, log });
  log.info('server', `Listening on ${address.address}:${address.port}`, { version, workers });
  const { isDemo } = compile(loaded);
  const adminKey = readAdminKey(loaded.env, loaded.config.auth.keys).key;
  io.stderr.write(startBanner({ adminKey, catalog, isDemo }, loaded.config, address.port));

  const events = createProcessEvents(record?.audit);
  events.started(version);
  const reloader = createReloader({
    input,
    log,
    clock,
    loaded,
    apply(next) {
      adopt(next);
      logConfig(log, next, catalog);
      hub.broadcast(workerTopics.reload, undefined);
    },
    onReload: events.reloaded,
  });
  await lifecycle.untilStopped({ log, onHangUp: reloader.reload, stop: () => staff.stop() });
  reloader.close();
  probes.stop();
  metricsPort?.close();
  closeQuotas();
  await budgets?.close();
  await shared?.close();
  await openedLedger?.close();
  events.stopped();
  await record?.close();
  log.close();
  return 0;
}

async function textOfAll(hub: ClusterHub, own: MergeableMetrics, budgets: OpenBudgets | undefined): Promise<string> {
  await budgets?.report();
  const workers = (await hub.askAll(workerTopics.metrics, undefined, METRICS_MS)) as MetricsSnapshot[];
  return mergeMetrics([await own.snapshotJson(), ...workers]);
}

interface StaffInput {
  readonly hub: ClusterHub;
  readonly log: Log;
  readonly count: number;
  readonly io: CommandLineIo;
}

/** The workers: started, joined to the hub, replaced when they die, stopped together. */
class Staff {
  readonly #input: StaffInput;
  readonly #workers = new Set<Worker>();
  readonly #starting = new Set<Worker>();
  #respawnMs = FIRST_RESPAWN_MS;
  /** Where they listen; set once all serve. */
  #port: number | undefined;
  /** What they are told to listen on in place of what is configured. */
  #givenPort: number | undefined;
  #onEmpty: (() => void) | undefined;
  #stopped: Promise<void> | undefined;
  isServing = false;
  isStopping = false;

  constructor(input: StaffInput) {
    this.#input = input;
  }

  /** Starts all; resolves with the address once each serves. Rejects when one dies before. */
  start(): Promise<WorkerAddress> {
    const { hub, count, log } = this.#input;
    return new Promise((resolve, reject) => {
      let serving = 0;
      hub.on(workerTopics.listening, (message) => {
        const address = message as WorkerAddress;
        if (this.#port !== undefined && address.port !== this.#port) return;
        serving++;
        if (this.isServing) log.info('worker', 'A new worker serves in the place of one that died');
        if (serving < count) return;
        this.isServing = true;
        this.#port = address.port;
        resolve(address);
      });
      for (let index = 0; index < count; index++) {
        this.#fork((code) => {
          if (!this.isServing) void this.stop().then(() => reject(startFailure(code)));
        });
      }
    });
  }

  /** Asks all to drain; asked again, to end at once. Resolves when none is left. */
  stop(): Promise<void> {
    this.isStopping = true;
    this.#input.hub.broadcast(workerTopics.stop, undefined);
    // A worker that does not serve yet does not hear either, and has nothing to finish.
    for (const worker of this.#starting) worker.process.kill('SIGKILL');
    this.#stopped ??= new Promise((resolve) => {
      if (this.#workers.size === 0) resolve();
      else this.#onEmpty = resolve;
    });
    return this.#stopped;
  }

  #takesConnections(worker: Worker): boolean {
    return worker.isConnected() && !this.#starting.has(worker);
  }

  #fork(onExit?: (code: number) => void): void {
    const { hub, io, log } = this.#input;
    const { clock } = io;
    // When all have died the port is given up, and "any free one" would be another. As long as one lives, node gives the
    // others what it has only if they ask for the same.
    if (this.#workers.size === 0) this.#givenPort = this.#port;
    const worker = cluster.fork(this.#givenPort === undefined ? {} : { [portOfWorkers]: String(this.#givenPort) });
    reclaimConnections(worker, () =>
      [...this.#workers].some((other) => other !== worker && this.#takesConnections(other)),
    );
    const startedAt = clock.now();
    const detach = hub.attach(processChannel(worker));
    this.#workers.add(worker);
    this.#starting.add(worker);
    worker.once('listening', ({ port }) => {
      // The last that had the port died meanwhile: whoever follows this one is told which it was.
      if (this.#port !== undefined && port !== this.#port) worker.process.kill('SIGKILL');
      else this.#starting.delete(worker);
    });
    worker.once('exit', (code, signal) => {
      detach();
      this.#workers.delete(worker);
      this.#starting.delete(worker);
      onExit?.(code);
      if (this.#workers.size === 0) this.#onEmpty?.();
      if (this.isStopping || !this.isServing) return;
      log.error('worker', `Worker ${worker.process.pid} died (${signal ?? `code ${code}`}); another takes its place`);
      const livedLong = clock.now() - startedAt > HEALTHY_LIFE_MS;
      this.#respawnMs = livedLong ? FIRST_RESPAWN_MS : Math.min(LAST_RESPAWN_MS, this.#respawnMs * 2);
      clock.schedule(() => {
        if (!this.isStopping) this.#fork();
      }, this.#respawnMs);
    });
  }
}

function startFailure(code: number): ConfigError {
  const message = `A worker ended with code ${code} before it could serve; what it said is above.`;
  return startError(message);
}
