import type { Clock } from '../canonical/clock.ts';

export interface RoundsInput {
  readonly clock: Clock;
  readonly round: () => Promise<unknown>;
  readonly onFailed: (error: unknown) => void;
}

/** Milliseconds between two rounds, and until the first: a gateway that is started every day has to get to it as well. */
const ROUND_MS = 3_600_000;
const FIRST_ROUND_MS = 60_000;

/** Does something now and then, such as deleting what is old, one round after the other. Returns what ends it. */
export function startRounds({ clock, onFailed, round }: RoundsInput): () => void {
  let isOver = false;
  let cancel = (): void => {};
  const roundAfter = (delayMs: number): void => {
    cancel = clock.schedule(() => {
      round()
        .catch(onFailed)
        .finally(() => {
          if (!isOver) roundAfter(ROUND_MS);
        });
    }, delayMs);
  };
  roundAfter(FIRST_ROUND_MS);
  return () => {
    isOver = true;
    cancel();
  };
}
