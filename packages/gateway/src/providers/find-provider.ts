import { didYouMean } from '../canonical/closest-name.ts';
import type { ProviderDefinition } from './define-provider.ts';
import { isHostOf } from './provider-host.ts';
import { providerDefinitions } from './registry.gen.ts';

/** Name of the definition that stands for any endpoint that speaks OpenAI's protocol. */
export const genericName = 'openai-compatible';

const byName = new Map(
  providerDefinitions.flatMap((definition) =>
    [definition.name, ...definition.aliases].map((name) => [normalize(name), definition] as const),
  ),
);

/** The definition that a name or alias stands for; undefined when none does. */
export function findProviderByName(name: string): ProviderDefinition | undefined {
  return byName.get(normalize(name));
}

/** What to ask whoever wrote a name that stands for no provider; empty where none is near. */
export function didYouMeanProvider(name: string): string {
  return didYouMean(normalize(name), byName.keys());
}

/** The definition whose hosts a host name belongs to; undefined when none does. */
export function findProviderByHost(hostname: string): ProviderDefinition | undefined {
  return providerDefinitions.find((definition) => isHostOf(definition, hostname));
}

/**
 * The definition of a configured endpoint. A host with a layout of its own decides alone; then what the operator
 * says (`kind`), then the host, then the name; anything else is generic.
 */
export function findProvider(input: {
  readonly name: string | undefined;
  readonly kind: string | undefined;
  readonly hostname: string | undefined;
}): ProviderDefinition {
  const byHost = input.hostname === undefined ? undefined : findProviderByHost(input.hostname);
  if (byHost?.layout !== undefined) return byHost;
  return (
    (input.kind === undefined ? undefined : findProviderByName(input.kind)) ??
    byHost ??
    (input.name === undefined ? undefined : findProviderByName(input.name)) ??
    byName.get(genericName)!
  );
}

function normalize(name: string): string {
  return name.trim().toLowerCase().replaceAll('_', '-').replaceAll(' ', '-');
}
