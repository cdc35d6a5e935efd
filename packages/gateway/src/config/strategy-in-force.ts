import type { ConfigPath } from './config-path.ts';
import type { Findings } from './findings.ts';
import type { strategyNames } from './sections/target-section.ts';

type Strategy = (typeof strategyNames)[number];

/** The strategy to use for a configured one; undefined, the default, for those that are still to come. */
export function strategyInForce(
  strategy: Strategy | undefined,
  path: ConfigPath,
  findings: Findings,
): string | undefined {
  switch (strategy) {
    case 'latency_optimized':
    case 'least_latency':
    case 'cost_optimized':
      findings.pend(`The strategy ${strategy} is accepted, but not built yet: targets take turns by weight.`, path);
      return undefined;
    default:
      return strategy;
  }
}
