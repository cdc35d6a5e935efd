// Written by `npm run generate` from the files of this folder; edit those instead.
import type { Strategy } from './define-strategy.ts';
import leastLoaded from './least-loaded.ts';
import priority from './priority.ts';
import random from './random.ts';
import roundRobin from './round-robin.ts';
import weighted from './weighted.ts';

/** Every way to share the load of a tier. */
export const strategies: readonly Strategy[] = [leastLoaded, priority, random, roundRobin, weighted];
