import type { ConfigPath } from './config-path.ts';
import type { Findings } from './findings.ts';
import { milliseconds } from './milliseconds.ts';
import type { FallbackModels, HedgingConfig, RouteOptions, RoutingConfig, StickyBy } from './routing-config.ts';
import type { FileConfig } from './schema.ts';
import type { FileFallbackModels, FileHedging, FilePoolOptions } from './sections/route-option-fields.ts';
import type { FileRouting } from './sections/routing-section.ts';
import { parseStickyBy } from './sticky-by.ts';

/** `routing`, with the fallbacks of `models` in it. */
export function normalizeRouting(file: FileConfig, findings: Findings): RoutingConfig {
  const { routing } = file;
  return {
    strategy: routing.strategy,
    defaultProvider: routing.default_provider,
    fallbackEnabled: routing.fallback_enabled,
    healthCheckIntervalMs: milliseconds(routing.health_check_interval_seconds),
    rules: routing.rules.map((rule, index) => ({
      name: rule.name ?? `rule-${index + 1}`,
      condition: rule.condition,
      targetProvider: rule.target_provider,
      priority: rule.priority,
      places: {
        condition: findings.placeOf(['routing', 'rules', index, 'condition']),
        targetProvider: findings.placeOf(['routing', 'rules', index, 'target_provider']),
      },
    })),
    options: {
      streamRecovery: routing.stream_recovery,
      stickyBy: stickyBy(routing.sticky_by),
      hedging: routing.hedging?.enabled ? hedging(routing.hedging) : undefined,
      singleFlight: routing.single_flight,
    },
    fallbacks: fallbacks(file, findings),
  };
}

/** What a pool says of its own routes. `hedging` is undefined, not absent, where the pool switches it off. */
export function poolOptions(pool: FilePoolOptions, routing: FileRouting): Partial<RouteOptions> {
  return {
    ...(pool.stream_recovery !== undefined && { streamRecovery: pool.stream_recovery }),
    ...(pool.sticky_by !== undefined && { stickyBy: stickyBy(pool.sticky_by) }),
    ...(pool.hedging && { hedging: pool.hedging.enabled ? hedging(pool.hedging, routing.hedging) : undefined }),
    ...(pool.single_flight !== undefined && { singleFlight: pool.single_flight }),
  };
}

/** Another spelling than the schema lets through cannot come here; the default stands in for the compiler's sake. */
function stickyBy(text: string): StickyBy {
  return parseStickyBy(text) ?? { kind: 'key' };
}

const usualHedging: HedgingConfig = { percentile: 95, minDelayMs: 500, maxExtraPercent: 5 };

/** What a section leaves out is as in the general one, even where that one is switched off. */
function hedging(section: NonNullable<FilePoolOptions['hedging']>, general?: FileHedging): HedgingConfig {
  return {
    percentile: section.percentile ?? general?.percentile ?? usualHedging.percentile,
    minDelayMs: section.min_delay_ms ?? general?.min_delay_ms ?? usualHedging.minDelayMs,
    maxExtraPercent: section.max_extra_percent ?? general?.max_extra_percent ?? usualHedging.maxExtraPercent,
  };
}

function fallbacks({ routing, models }: FileConfig, findings: Findings): ReadonlyMap<string, FallbackModels> {
  const byModel = new Map<string, FallbackModels>();
  for (const [model, entry] of Object.entries(routing.fallbacks)) {
    // An entry that another takes the place of is not worth a warning.
    if (models[model]?.fallbacks !== undefined) continue;
    byModel.set(model, fallbackModels(model, entry, ['routing', 'fallbacks', model], findings));
  }
  for (const [model, { fallbacks: entry }] of Object.entries(models)) {
    if (entry !== undefined) {
      byModel.set(model, fallbackModels(model, entry, ['models', model, 'fallbacks'], findings));
    }
  }
  return byModel;
}

function fallbackModels(
  model: string,
  entry: FileFallbackModels,
  path: ConfigPath,
  findings: Findings,
): FallbackModels {
  const others = (names: readonly string[], place: ConfigPath): readonly string[] => {
    const own = names.indexOf(model);
    if (own !== -1) {
      findings.warn(`The model ${model} cannot stand in for itself and is left out here. Remove it.`, [...place, own]);
    }
    return [...new Set(names)].filter((name) => name !== model);
  };
  if (Array.isArray(entry)) return { contextExceeded: [], contentRefused: [], any: others(entry, path) };
  return {
    contextExceeded: others(entry.context_exceeded, [...path, 'context_exceeded']),
    contentRefused: others(entry.content_refused, [...path, 'content_refused']),
    any: others(entry.any, [...path, 'any']),
  };
}
