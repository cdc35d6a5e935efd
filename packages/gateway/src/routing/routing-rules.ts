import { didYouMean } from '../canonical/closest-name.ts';
import type { ConfigNoticeLike, RoutingRuleConfig } from '../config/gateway-config.ts';
import { type Condition, compileCondition } from './condition.ts';
import { ConditionError } from './condition-tokens.ts';
import type { RoutingFacts } from './target.ts';

/** A rule of `routing.rules`, compiled. */
export interface CompiledRule<Provider> {
  readonly name: string;
  readonly condition: Condition;
  readonly provider: Provider;
}

export interface CompiledRules<Provider> {
  /** By priority, the lower number first, then in the order of the file. */
  readonly rules: readonly CompiledRule<Provider>[];
  /** No rule looks at anything but the model. */
  readonly dependOnModelOnly: boolean;
  readonly problems: readonly ConfigNoticeLike[];
}

/** Compiles the rules of a configuration; `find` knows the providers they may lead to, by the names in `providerNames`. */
export function compileRules<Provider>(
  configured: readonly RoutingRuleConfig[],
  find: (name: string) => Provider | undefined,
  providerNames: readonly string[] = [],
): CompiledRules<Provider> {
  const problems: ConfigNoticeLike[] = [];
  const rules: CompiledRule<Provider>[] = [];
  for (const rule of [...configured].sort((left, right) => left.priority - right.priority)) {
    const { name, targetProvider, places } = rule;
    const condition = readCondition(rule, problems);
    const provider = find(targetProvider);
    if (provider === undefined) {
      const message = `routing rule '${name}': target_provider '${targetProvider}' is not a configured provider.${didYouMean(targetProvider, providerNames)}`;
      problems.push({ message, ...places.targetProvider });
    }
    if (condition !== undefined && provider !== undefined) rules.push({ name, condition, provider });
  }
  return { rules, dependOnModelOnly: rules.every(({ condition }) => condition.dependsOnModelOnly), problems };
}

/** The first rule that holds. */
export function matchingRule<Provider>(
  rules: readonly CompiledRule<Provider>[],
  facts: RoutingFacts,
  model: string | undefined,
): CompiledRule<Provider> | undefined {
  for (const rule of rules) if (rule.condition.test(facts, model)) return rule;
  return undefined;
}

function readCondition(rule: RoutingRuleConfig, problems: ConfigNoticeLike[]): Condition | undefined {
  const { name, condition, places } = rule;
  try {
    return compileCondition(condition);
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error;
    const message = `routing rule '${name}': condition ${JSON.stringify(condition)}: ${error.message}`;
    problems.push({ message, ...places.condition });
    return undefined;
  }
}
