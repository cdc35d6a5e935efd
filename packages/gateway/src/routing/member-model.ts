import type { StrategyMember } from './strategies/define-strategy.ts';

/** The model name that a member gets; undefined when nobody names one. As `upstreamModelOf` has it for its target. */
export function memberModelOf(
  { upstreamModel, models, defaultModel }: StrategyMember,
  requestedModel: string | undefined,
): string | undefined {
  if (upstreamModel !== undefined) return upstreamModel;
  if (requestedModel === undefined) return defaultModel;
  return models?.get(requestedModel) ?? requestedModel;
}
