/** Milliseconds that a process got to run, as opposed to those in which the machine was busy with others. */
export interface RunningTime {
  /**
   * How long the process ran between two moments, in milliseconds since 1970 with fractions. A moment in which it was
   * held up counts as a tick, so that a limit can be asserted on a machine that is busy; a timer that somebody waits for
   * counts in full.
   */
  readonly between: (from: number, to: number) => number;
  readonly stop: () => void;
}

const tickMs = 5;

/** Watches the event loop from now on. */
export function watchRunningTime(): RunningTime {
  const ticks: number[] = [];
  const timer = setInterval(() => ticks.push(performance.timeOrigin + performance.now()), tickMs);
  timer.unref();
  return {
    between(from, to) {
      const moments = [from, ...ticks.filter((tick) => tick > from && tick < to), to];
      return moments.slice(1).reduce((sum, moment, index) => sum + Math.min(moment - moments[index]!, 2 * tickMs), 0);
    },
    stop: () => clearInterval(timer),
  };
}
