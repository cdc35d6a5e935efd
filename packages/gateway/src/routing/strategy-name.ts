import { strategies } from './strategies/registry.gen.ts';
import type { StrategyName } from './target.ts';

/** A configured strategy, read: the one to use, and a sentence for the operator when it is not the one asked for. */
export interface StrategyChoice {
  readonly strategy: StrategyName | undefined;
  readonly problem: string | undefined;
  /** The strategy is known but its feature is still to come. */
  readonly pending: boolean;
}

const known = new Map<string, StrategyName>(
  strategies.flatMap((strategy) => [strategy.name, ...strategy.aliases].map((name) => [name, strategy.name] as const)),
);
/** They need prices and measured latencies. */
const pendingNames = new Set(['cost_optimized', 'latency_optimized', 'least_latency']);

/** Reads a strategy's name as configurations spell it, `-` and `_` alike. Undefined stands for the default by weights. */
export function readStrategyName(configured: string | undefined): StrategyChoice {
  if (configured === undefined) return { strategy: undefined, problem: undefined, pending: false };
  const name = configured.trim().toLowerCase().replaceAll('-', '_');
  const strategy = known.get(name);
  if (strategy !== undefined) return { strategy, problem: undefined, pending: false };
  const fallback = 'load is shared by weights instead';
  if (pendingNames.has(name)) {
    return {
      strategy: undefined,
      problem: `strategy '${configured}' is not available yet: ${fallback}`,
      pending: true,
    };
  }
  const names = [...known.keys()].sort().join(', ');
  return {
    strategy: undefined,
    problem: `strategy '${configured}' is not known: ${fallback} (known: ${names})`,
    pending: false,
  };
}
