import type { Parameters } from 'fast-check';

/** Every run of the tests tries the same inputs. FUZZ_FACTOR=100 tries a hundred times as many, FUZZ_SEED=n other ones. */
const factor = Number(process.env['FUZZ_FACTOR'] ?? 1);
const seed = Number(process.env['FUZZ_SEED'] ?? 20_480);

/** Settings of a property that is tried `count` times. */
export function runs<Values>(count: number): Parameters<Values> {
  return { numRuns: Math.ceil(count * factor), seed, endOnFailure: false };
}

/** Milliseconds for a test whose usual inputs take less than `usual`. */
export function patience(usual: number): number {
  return usual * Math.max(1, factor);
}
