import type { Clock } from '../../canonical/clock.ts';

/** What happens between a worker's store and its host, for the log. */
export interface HostNotice {
  /** Which store: `limits` or `slots`. */
  readonly store: string;
  /** `silent`: the host did not answer and this process counts by itself; `back`: the host answers again. */
  readonly event: 'silent' | 'back';
  readonly message: string;
}

export interface HostWatchInput {
  readonly store: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly onNotice: (notice: HostNotice) => void;
}

/** Milliseconds for which a silent host is not asked again. */
const pauseMs = 5000;

/** Remembers whether the host answers, so that only one request at a time finds out and pays for the wait. */
export class HostWatch {
  readonly #input: HostWatchInput;
  #isSilent = false;
  #askAgainAt = 0;

  constructor(input: HostWatchInput) {
    this.#input = input;
  }

  /** Whether to ask the host. While it is silent, the one that gets true is the one that finds out. */
  shouldAsk(): boolean {
    if (!this.#isSilent) return true;
    const now = this.#input.clock.now();
    if (now < this.#askAgainAt) return false;
    this.#askAgainAt = now + pauseMs;
    return true;
  }

  answered(): void {
    if (!this.#isSilent) return;
    this.#isSilent = false;
    this.#notice('back', 'The primary process answers again; counts are shared again.');
  }

  failed(error: unknown): void {
    this.#askAgainAt = this.#input.clock.now() + pauseMs;
    if (this.#isSilent) return;
    this.#isSilent = true;
    const reason = error instanceof Error ? ` ${error.message}` : '';
    this.#notice('silent', `The primary process does not answer; this worker counts by itself.${reason}`);
  }

  #notice(event: HostNotice['event'], message: string): void {
    this.#input.onNotice({ store: this.#input.store, event, message });
  }
}
