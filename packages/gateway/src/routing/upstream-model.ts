import type { RouteTarget } from './target.ts';

/**
 * The model name that a target gets: what its route says, else the caller's (under the target's own name for it), else
 * the target's default. Undefined when nobody names one. Asked anew at every attempt, because it differs by target.
 */
export function upstreamModelOf(
  { target, upstreamModel }: RouteTarget,
  requestedModel: string | undefined,
): string | undefined {
  if (upstreamModel !== undefined) return upstreamModel;
  if (requestedModel === undefined) return target.defaultModel;
  return target.models?.get(requestedModel) ?? requestedModel;
}
