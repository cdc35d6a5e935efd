import { expect } from 'vitest';

/** Something whose cost is to grow with its size and no faster. */
export interface Work {
  /** The smaller of the two sizes that are compared; the larger is four times as much. */
  readonly size: number;
  /** Makes ready what is not to be measured, and answers what is. */
  readonly prepare: (size: number) => () => void;
}

/** Twice what is linear: quadratic work takes sixteen times as long, and noise does not come near. */
const MOST_GROWTH = 8;
const ATTEMPTS = 5;
/** Too little to be told from noise: whatever takes no longer has no room to grow badly in. */
const NEGLIGIBLE_MS = 8;

/** Fails where four times the size costs more than eight times the CPU time, in the best of some attempts. */
export function expectLinear({ size, prepare }: Work): void {
  let small = Number.POSITIVE_INFINITY;
  let large = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    // Code is compiled while it runs for the first time, which is to count against neither size.
    if (attempt === 0) cpuMilliseconds(prepare(Math.ceil(size / 2)));
    small = Math.min(small, cpuMilliseconds(prepare(size)));
    large = Math.min(large, cpuMilliseconds(prepare(size * 4)));
    if (large < Math.max(NEGLIGIBLE_MS, small * MOST_GROWTH)) return;
  }
  expect.fail(`${size * 4} take ${large.toFixed(1)} ms of CPU time, ${size} take ${small.toFixed(1)} ms.`);
}

/** CPU time, user and system: that of other processes is not in it. */
function cpuMilliseconds(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
