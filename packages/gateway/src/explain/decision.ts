import type { GatewayError } from '../canonical/gateway-error.ts';
import type { PlanStep } from '../routing/plan.ts';
import type { Resolution } from '../routing/target.ts';
import type { Candidate } from './candidate.ts';

export interface DecisionInput {
  readonly own: Resolution;
  readonly chosen: PlanStep | undefined;
  /** Those of the model that answers. */
  readonly candidates: readonly Candidate[];
  /** What the caller would be told when nobody is chosen. */
  readonly error: GatewayError | undefined;
}

/** In a sentence or two: who gets the request, how the model leads there, and what decided among its targets. */
export function decisionText({ own, chosen, candidates, error }: DecisionInput): string {
  if (chosen === undefined) return `Nobody would be asked: ${error?.message ?? 'no target may be.'}`;
  const { routeTarget, upstreamModel } = chosen;
  const { id } = routeTarget.target;
  const asked = upstreamModel === undefined ? '' : `, asked for ${upstreamModel}`;
  return `${id} gets the request${asked}. ${whyRoute(own)}; ${whyTarget(own, chosen, candidates)}.`;
}

/** The beginning of a sentence: how a model leads to its route. */
function whyRoute({ reason, requestedModel }: Resolution): string {
  const model = requestedModel === undefined ? 'A request without a model' : requestedModel;
  if (reason.startsWith('rule:')) return `The rule ${reason.slice('rule:'.length)} matches`;
  switch (reason) {
    case 'model':
      return `The configuration spells out ${model}`;
    case 'prefix':
      return `${model} begins with the name of a provider`;
    case 'wildcard':
      return `${model} goes to the backends`;
    case 'default_provider':
      return `${model} goes to the default provider`;
    case 'provider':
      return `${model} goes to whoever is known for it`;
    default:
      return `${model} goes to ${reason}`;
  }
}

function whyTarget(own: Resolution, chosen: PlanStep, candidates: readonly Candidate[]): string {
  const { isFallbackModel, isLastResort, resolution, routeTarget } = chosen;
  const { route } = resolution;
  if (isLastResort) return 'every target is out, and this one is the likeliest to answer all the same';
  const tier = route.tiers.findIndex((members) => members.includes(routeTarget));
  const place = route.tiers.length === 1 ? '' : ` of tier ${tier + 1}`;
  const isOther = isFallbackModel
    ? `every target of ${own.requestedModel ?? 'it'} is out, so its fallback ${resolution.requestedModel} is asked, where `
    : '';
  const rivals = candidates.filter((candidate) => candidate.tier === tier + 1 && candidate.usable);
  if (rivals.length <= 1) return `${isOther}this is the only target${place} that may be asked`;
  const { canaryPercent } = routeTarget.target;
  const isCanary = canaryPercent !== undefined && rivals.some((rival) => rival.canary_percent === undefined);
  return isCanary
    ? `${isOther}this is one of the ${canaryPercent} % of its requests that go to a canary`
    : `${isOther}${route.strategy} picks it among ${rivals.length} targets${place}`;
}
