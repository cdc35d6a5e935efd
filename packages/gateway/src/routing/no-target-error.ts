import { GatewayError } from '../canonical/gateway-error.ts';
import type { Offers } from './plan.ts';
import type { Resolution } from './target.ts';
import { hasModel, upstreamModelOf } from './upstream-model.ts';

/** Wait suggested when nothing better is known. */
const fallbackRetryAfterMs = 10_000;

/**
 * Milliseconds after which a route without a usable target is worth another request: the shortest interval in which
 * one of its targets is probed.
 */
export function retryAfterMsOf(resolution: Resolution): number {
  const intervals = resolution.route.tiers.flat().map(({ target }) => target.probe.intervalMs);
  return intervals.length === 0 ? fallbackRetryAfterMs : Math.min(...intervals);
}

/** What the caller is told when a plan is empty from the start. */
export function noTargetError(resolution: Resolution, offers?: Offers): GatewayError {
  const { route, requestedModel } = resolution;
  const members = route.tiers.flat();
  const asked = requestedModel === undefined ? 'this request' : `model '${requestedModel}'`;
  if (members.length === 0) {
    const why = (route.excluded ?? [])
      .map((target) => `${target.id}: ${target.enabled ? (target.unusable ?? 'unusable') : 'disabled'}`)
      .join('; ');
    return new GatewayError('no_target', `No target can serve ${asked}${why === '' ? '' : ` (${why})`}.`, {
      retryAfterMs: fallbackRetryAfterMs,
    });
  }
  const named = members.filter((member) => hasModel(member, resolution));
  if (named.length === 0) return modelRequiredError();
  if (offers !== undefined && !named.some((member) => offers(member.target, upstreamModelOf(member, resolution)))) {
    return new GatewayError('operation_unsupported', `No target of ${asked} offers this operation.`);
  }
  return new GatewayError('no_target', `No target of ${asked} is available right now; try again later.`, {
    retryAfterMs: retryAfterMsOf(resolution),
  });
}

/** Nobody named a model: neither the caller nor a default. */
export function modelRequiredError(): GatewayError {
  const message = "The request names no model and no default is configured: set 'model' in the body.";
  return new GatewayError('model_required', message, { param: 'model' });
}
