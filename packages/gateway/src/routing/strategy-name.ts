import { strategies } from './strategies/registry.gen.ts';
import type { StrategyName } from './target.ts';

/** A configured strategy, read: the one to use, and a sentence for the operator when it is not the one asked for. */
export interface StrategyChoice {
  readonly strategy: StrategyName | undefined;
  readonly problem: string | undefined;
}

const known = new Map<string, StrategyName>(
  strategies.flatMap((strategy) => [strategy.name, ...strategy.aliases].map((name) => [name, strategy.name] as const)),
);

/** Reads a strategy's name as configurations spell it, `-` and `_` alike. Undefined stands for the default by weights. */
export function readStrategyName(configured: string | undefined): StrategyChoice {
  if (configured === undefined) return { strategy: undefined, problem: undefined };
  const strategy = known.get(configured.trim().toLowerCase().replaceAll('-', '_'));
  if (strategy !== undefined) return { strategy, problem: undefined };
  const names = [...known.keys()].sort().join(', ');
  return {
    strategy: undefined,
    problem: `strategy '${configured}' is not known: load is shared by weights instead (known: ${names})`,
  };
}
