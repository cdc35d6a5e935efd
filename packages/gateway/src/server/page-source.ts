import type { Clock } from '../canonical/clock.ts';
import type { AuthConfig } from '../config/gateway-config.ts';
import type { ModelCatalogue } from '../pricing/model-catalogue.ts';
import type { ListedModel } from '../protocols/model-listing.ts';
import type { HealthRegistry } from '../resilience/health.ts';
import type { Catalog } from '../routing/catalog.ts';
import type { Target } from '../routing/target.ts';
import type { SlotCounts } from '../stores/slot-store.ts';
import type { Metrics } from '../telemetry/telemetry.ts';
import { listedFacts } from './listed-facts.ts';
import type { PageSource, TargetStatus } from './pages.ts';
import { describeRecord, type RecordParts, whyRefusing } from './record-status.ts';

export interface PageSourceInput extends RecordParts {
  readonly clock: Clock;
  readonly version: string;
  readonly health: HealthRegistry;
  readonly metrics: Metrics;
  /** Text of /metrics over all processes. */
  readonly metricsText: () => Promise<string>;
  readonly catalog: () => Catalog;
  readonly modelCatalogue: () => ModelCatalogue;
  readonly publicMetrics: () => boolean;
  readonly queue: () => SlotCounts;
  /** Whether Redis answers; absent: none is configured. */
  readonly isRedisAnswering?: (() => boolean) | undefined;
  readonly isStarted: () => boolean;
  readonly isDraining: () => boolean;
  readonly auth: () => AuthConfig;
}

/** What the pages show, read at the moment somebody asks. */
export function createPageSource(input: PageSourceInput): PageSource {
  const { clock, health, metrics } = input;
  const startedAt = clock.now();
  const targets = (): Target[] => [...input.catalog().targets.values()];
  return {
    version: input.version,
    uptimeSeconds: () => (clock.now() - startedAt) / 1_000,
    wallNow: clock.wallNow,
    isStarted: input.isStarted,
    whyNotReady: () => {
      if (!input.isStarted()) return 'starting';
      if (input.isDraining()) return 'stopping';
      if (!targets().some((target) => canServe(target, health))) return 'no_usable_target';
      return whyRefusing(input, input.auth());
    },
    models: async () => {
      await input.modelCatalogue().load();
      return listModels(input, clock.wallNow());
    },
    targets: () => targets().map((target) => targetStatus(target, health)),
    queue: input.queue,
    redis: () => redisStatus(input.isRedisAnswering?.()),
    record: () => describeRecord(input),
    metrics: async () => {
      metrics.setQueueDepth(input.queue().queued);
      return { text: await input.metricsText(), contentType: metrics.contentType };
    },
    publicMetrics: input.publicMetrics,
  };
}

function redisStatus(isAnswering: boolean | undefined): 'ok' | 'away' | undefined {
  if (isAnswering === undefined) return undefined;
  return isAnswering ? 'ok' : 'away';
}

function canServe(target: Target, health: HealthRegistry): boolean {
  return target.enabled && target.unusable === undefined && health.isUsable(target.healthId);
}

/** Every model, who serves it, and what is known of it at that moment. */
function listModels(input: PageSourceInput, at: number): ListedModel[] {
  const { targets, models } = input.catalog();
  const catalogue = input.modelCatalogue();
  const isAvailable = (targetId: string): boolean => {
    const target = targets.get(targetId);
    return target !== undefined && canServe(target, input.health);
  };
  return models().map(({ id, providers }) => {
    const entries = providers.map(({ targetId, upstreamModel: model }) => {
      const provider = targets.get(targetId)?.kind ?? '';
      return catalogue.find({ provider, model, requestedModel: id, at });
    });
    return {
      id,
      providers: providers.map(({ name, targetId }) => ({ name, available: isAvailable(targetId) })),
      facts: listedFacts(entries),
    };
  });
}

function targetStatus(target: Target, health: HealthRegistry): TargetStatus {
  const base = { id: target.id, provider: target.provider };
  if (!target.enabled) return { ...base, status: 'disabled', usable: false };
  if (target.unusable !== undefined) return { ...base, status: 'unusable', usable: false };
  const status = health.statusOf(target.healthId);
  return { ...base, status, usable: health.isUsable(target.healthId) };
}
