import { answeringModels } from './canonical/further-models.ts';
import type { AttemptOutcome } from './relay/attempt-outcome.ts';
import type { PlanStep } from './routing/plan.ts';
import type { UpstreamAsk } from './upstream-request.ts';

export interface EndedAsk {
  /** Those that the request names beside its own. */
  readonly furtherModels: readonly string[];
  readonly step: PlanStep;
  readonly ask: UpstreamAsk | undefined;
  readonly outcome: AttemptOutcome;
}

/** Models of which one answered; undefined where the upstream heard of none but its own, as on another wire. */
export function answeredBy({ ask, furtherModels, outcome, step }: EndedAsk): readonly string[] | undefined {
  if (ask?.translation !== undefined) return undefined;
  const { upstreamModel } = step;
  const named = upstreamModel === undefined ? furtherModels : [upstreamModel, ...furtherModels];
  return answeringModels(named, outcome.responseModel);
}
