import { answeringModels } from './canonical/further-models.ts';
import type { Exchange } from './exchange.ts';
import type { AttemptOutcome } from './relay/attempt-outcome.ts';
import type { PlanStep } from './routing/plan.ts';
import type { UpstreamAsk } from './upstream-request.ts';

export interface EndedAsk {
  readonly exchange: Exchange;
  readonly step: PlanStep;
  readonly ask: UpstreamAsk | undefined;
  readonly outcome: AttemptOutcome;
}

/**
 * Models of which one answered, where the request names several; undefined elsewhere. Only upstreams of the caller's own
 * wire hear of them.
 */
export function answeredBy({ ask, exchange, outcome, step }: EndedAsk): readonly string[] | undefined {
  const { furtherModels } = exchange.facts;
  if (furtherModels === undefined || ask?.translation !== undefined) return undefined;
  const { upstreamModel } = step;
  const named = upstreamModel === undefined ? furtherModels : [upstreamModel, ...furtherModels];
  return answeringModels(named, outcome.responseModel);
}
