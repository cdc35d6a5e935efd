import { executionAsyncResource } from 'node:async_hooks';

let kept: object | undefined;

/**
 * Keeps one of the objects that `process.nextTick` makes. V8 forgets the shape of objects of which none is left, and a process
 * that waits for its first requests is collected often enough for that. The place in node that makes these objects does
 * not learn a second shape: from then on each tick, of which a request has about a dozen, takes 250 ns instead of 60, for
 * as long as the process lives. What is kept is taken from node itself, so it has the right shape in every version.
 */
export function keepTickShape(): void {
  process.nextTick(() => {
    kept = executionAsyncResource();
  });
}

/** What is kept, for the test. */
export function keptTick(): object | undefined {
  return kept;
}
