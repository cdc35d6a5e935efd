import type { Resolution } from './target.ts';
import { upstreamModelOf } from './upstream-model.ts';

const known = new WeakMap<Resolution, ReadonlySet<string>>();

/**
 * Every name of the model that a request is for: the one asked for, others that lead to the same route, the one behind a
 * provider's name, and what those who are asked first call it. Not those of fallbacks.
 */
export function modelNamesOf(resolution: Resolution): ReadonlySet<string> {
  const found = known.get(resolution) ?? new Set(listNames(resolution));
  known.set(resolution, found);
  return found;
}

function* listNames(resolution: Resolution): Generator<string> {
  const { reason, requestedModel, route } = resolution;
  if (requestedModel !== undefined) yield requestedModel;
  if (reason === 'prefix' && requestedModel !== undefined) yield requestedModel.slice(requestedModel.indexOf('/') + 1);
  // Other routes are called after a rule or a provider.
  if (reason === 'model') yield route.label;
  yield* route.aliases ?? [];
  for (const member of route.tiers[0] ?? []) {
    const name = upstreamModelOf(member, resolution);
    if (name !== undefined) yield name;
  }
}
