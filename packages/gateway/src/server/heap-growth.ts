import { setFlagsFromString } from 'node:v8';

/** What the heap may grow by before it is collected as a whole, in percent of what was alive after the last time. */
const GROWTH_PERCENT = 200;

/**
 * Lets the heap of this process triple between two collections of the whole. V8 by itself allows as little as a third
 * while little is allocated: a gateway allocates little, and buffers of sockets count as well, so fast streams had the
 * whole heap collected ten times a second, and each such time V8 waits for a quiet moment to shrink the heap again. See
 * docs/benchmarks.md.
 *
 * Unlike most flags, this one is read whenever V8 sets the limit.
 */
export function letHeapGrow(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
