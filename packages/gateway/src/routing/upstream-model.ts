import type { Resolution, RouteTarget } from './target.ts';

/**
 * The model name that a target gets: what its route says, else the caller's (under the target's own name for it), else
 * the target's default. Undefined when nobody names one, or when none is to be sent. Asked anew at every attempt,
 * because it differs by target.
 */
export function upstreamModelOf(
  { target, upstreamModel }: RouteTarget,
  { requestedModel, sendsNoModel }: Pick<Resolution, 'requestedModel' | 'sendsNoModel'>,
): string | undefined {
  if (sendsNoModel === true) return undefined;
  if (upstreamModel !== undefined) return upstreamModel;
  if (requestedModel === undefined) return target.defaultModel;
  return target.models?.get(requestedModel) ?? requestedModel;
}

/** Whether a target may be asked as far as the model goes: it gets a name, or needs none. */
export function hasModel(member: RouteTarget, resolution: Resolution): boolean {
  return resolution.sendsNoModel === true || upstreamModelOf(member, resolution) !== undefined;
}
