import type { Log } from '../telemetry/telemetry.ts';

export interface LifecycleInput {
  readonly log: Log;
  /** Aborted when the user interrupts. */
  readonly signal: AbortSignal;
  /** SIGHUP: read the configuration again. */
  readonly onHangUp: () => void;
  /** Begins the graceful stop; called again, it ends it at once. Resolves when nothing is left. */
  readonly stop: () => Promise<void>;
}

/** Waits for the first signal to stop and follows it through; a second signal stops at once. */
export function untilStopped({ log, signal, onHangUp, stop }: LifecycleInput): Promise<void> {
  return new Promise((resolve) => {
    let asked = 0;
    const ask = (name: string): void => {
      asked++;
      log.info('server', asked === 1 ? `Stopping on ${name}: no new connections, requests finish` : 'Stopping at once');
      const done = stop();
      if (asked === 1) {
        void done.then(() => {
          for (const [event, listener] of Object.entries(listeners)) process.off(event, listener);
          log.info('server', 'Stopped');
          resolve();
        });
      }
    };
    const listeners = {
      SIGTERM: () => ask('SIGTERM'),
      SIGINT: () => ask('SIGINT'),
      SIGHUP: () => {
        log.info('config', 'SIGHUP: reading the configuration again');
        onHangUp();
      },
    };
    for (const [event, listener] of Object.entries(listeners)) process.on(event, listener);
    if (signal.aborted) ask('SIGINT');
  });
}
