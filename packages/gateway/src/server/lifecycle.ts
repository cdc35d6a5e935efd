import type { Log } from '../telemetry/telemetry.ts';

export interface LifecycleInput {
  readonly log: Log;
  /** SIGHUP: read the configuration again. */
  readonly onHangUp: () => void;
  /** Begins the graceful stop; called again, it ends it at once. Resolves when nothing is left. */
  readonly stop: () => Promise<void>;
}

/** The signals of a serving process. Listening begins before the port opens, so that no signal finds nobody. */
export class Lifecycle {
  readonly #listeners: Readonly<Record<string, () => void>>;
  #input: LifecycleInput | undefined;
  /** Names of the signals to stop that have come. */
  readonly #asked: string[] = [];
  #resolve: (() => void) | undefined;

  constructor(interrupted: AbortSignal) {
    this.#listeners = {
      SIGTERM: () => this.#ask('SIGTERM'),
      SIGINT: () => this.#ask('SIGINT'),
      SIGHUP: () => this.#input?.onHangUp(),
    };
    for (const [event, listener] of Object.entries(this.#listeners)) process.on(event, listener);
    if (interrupted.aborted) this.#ask('SIGINT');
  }

  /** Waits for the first signal to stop and follows it through; a second signal stops at once. */
  untilStopped(input: LifecycleInput): Promise<void> {
    this.#input = input;
    return new Promise((resolve) => {
      this.#resolve = resolve;
      for (const _name of this.#asked) this.#follow();
    });
  }

  #ask(name: string): void {
    this.#asked.push(name);
    if (this.#input) this.#follow();
  }

  #follow(): void {
    const { log, stop } = this.#input!;
    const isFirst = this.#resolve !== undefined;
    log.info(
      'server',
      isFirst ? `Stopping on ${this.#asked[0]}: no new connections, requests finish` : 'Stopping at once',
    );
    const resolve = this.#resolve;
    this.#resolve = undefined;
    const done = stop();
    if (!resolve) return;
    void done.then(() => {
      for (const [event, listener] of Object.entries(this.#listeners)) process.off(event, listener);
      log.info('server', 'Stopped');
      resolve();
    });
  }
}
