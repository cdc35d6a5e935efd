import { type Clock, systemClock } from '../../src/canonical/clock.ts';

/** The clock of all gateways in this process, standing still: what they measure is what a test wants. Timers go on. */
export interface StoppedClock {
  advance(ms: number): void;
  restore(): void;
}

export function stopClock(): StoppedClock {
  const { now } = systemClock;
  let at = now();
  const stopped: Pick<Clock, 'now'> = { now: () => at };
  Object.assign(systemClock, stopped);
  return {
    advance(ms) {
      at += ms;
    },
    restore: () => void Object.assign(systemClock, { now }),
  };
}
