// Written by `npm run generate` from the files of this folder; edit those instead.
import costOptimized from './cost-optimized.ts';
import type { Strategy } from './define-strategy.ts';
import latencyOptimized from './latency-optimized.ts';
import leastLoaded from './least-loaded.ts';
import priority from './priority.ts';
import quotaAware from './quota-aware.ts';
import random from './random.ts';
import roundRobin from './round-robin.ts';
import sticky from './sticky.ts';
import weighted from './weighted.ts';

/** Every way to share the load of a tier. */
export const strategies: readonly Strategy[] = [
  costOptimized,
  latencyOptimized,
  leastLoaded,
  priority,
  quotaAware,
  random,
  roundRobin,
  sticky,
  weighted,
];
