import type { RoutingRuleConfig } from '../config/gateway-config.ts';
import { compileRules } from '../routing/routing-rules.ts';
import { modelOf, type RoutingFacts } from '../routing/target.ts';

/** A rule whose condition holds for a request. */
export interface MatchedRule {
  readonly name: string;
  readonly condition: string;
  readonly target_provider: string;
  /** It decided; the others come after it, or the model's name was spelled out somewhere and no rule was asked. */
  readonly applied: boolean;
}

/** Every rule whose condition holds, in the order in which rules are asked. `reason` is the resolution's. */
export function matchedRules(
  configured: readonly RoutingRuleConfig[],
  facts: RoutingFacts,
  reason: string | undefined,
): readonly MatchedRule[] {
  const { rules } = compileRules(
    configured.map((rule, index) => ({ ...rule, targetProvider: String(index) })),
    (index) => configured[Number(index)],
  );
  const model = modelOf(facts);
  return rules
    .filter(({ condition }) => condition.test(facts, model))
    .map(({ name, provider: rule }, index) => ({
      name,
      condition: rule.condition,
      target_provider: rule.targetProvider,
      applied: index === 0 && reason === `rule:${name}`,
    }));
}
