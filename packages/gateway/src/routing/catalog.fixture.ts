import { nowhere } from '../canonical/config-error.ts';
import { GatewayError } from '../canonical/gateway-error.ts';
import type { GatewayConfig, RoutingRuleConfig } from '../config/gateway-config.ts';
import { buildTarget } from '../providers/target-input.fixture.ts';
import { type Catalog, compileCatalog } from './catalog.ts';
import { makeFacts } from './target.fixture.ts';
import type { Resolution, RoutingFacts } from './target.ts';

export const rule = (name: string, condition: string, targetProvider: string, priority = 10): RoutingRuleConfig => ({
  name,
  condition,
  targetProvider,
  priority,
  places: { condition: nowhere, targetProvider: nowhere },
});

export const compile = (config: GatewayConfig) => compileCatalog(config, { buildTarget });

export function resolve(catalog: Catalog, model: string | undefined, facts: Partial<RoutingFacts> = {}): Resolution {
  const resolution = catalog.resolve(makeFacts({ bodyModel: model, ...facts }));
  if (resolution instanceof GatewayError) throw resolution;
  return resolution;
}

const tiersOf = ({ route }: Resolution) => route.tiers.map((tier) => tier.map(({ target }) => target.id));

/** Why, and the tiers of targets, in short. */
export function whereTo(catalog: Catalog, model: string | undefined, facts: Partial<RoutingFacts> = {}): string {
  const resolution = catalog.resolve(makeFacts({ bodyModel: model, ...facts }));
  if (resolution instanceof GatewayError) return resolution.kind;
  return `${resolution.reason}: ${tiersOf(resolution)
    .map((tier) => tier.join(' '))
    .join(' > ')}`;
}
