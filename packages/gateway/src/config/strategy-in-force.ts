import type { ConfigPath } from './config-path.ts';
import type { Findings } from './findings.ts';
import type { strategyNames } from './sections/target-section.ts';

type Strategy = (typeof strategyNames)[number];

/** The strategy that serves a configured one: other names for the same, and plain turns for those still to come. */
export function strategyInForce(
  strategy: Strategy | undefined,
  path: ConfigPath,
  findings: Findings,
): string | undefined {
  switch (strategy) {
    case 'least_connections':
      return 'least_loaded';
    case 'primary_backup':
      return 'priority';
    case 'latency_optimized':
    case 'least_latency':
    case 'cost_optimized':
      findings.pend(`The strategy ${strategy} is accepted; until it is built, targets take turns (round_robin).`, path);
      return 'round_robin';
    default:
      return strategy;
  }
}
