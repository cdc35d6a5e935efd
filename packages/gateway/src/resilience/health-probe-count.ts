/** What probes of one target came to, whatever its requests did. */
export class HealthProbeCount {
  /** Failed in a row. */
  failures = 0;
  /** Failed often enough in a row. */
  isDown = false;
  /** Milliseconds since 1970; undefined before the first. */
  lastAt: number | undefined;
  #successes = 0;

  fail(threshold: number): void {
    this.#successes = 0;
    this.failures += 1;
    if (this.failures >= threshold) this.isDown = true;
  }

  /** A good probe; answers how many there were in a row, or undefined when it was down and these are not enough. */
  pass(threshold: number): number | undefined {
    const successes = this.#successes + 1;
    if (!this.isDown || successes >= threshold) this.clear();
    this.#successes = successes;
    return this.isDown ? undefined : successes;
  }

  /** Forgets failures; whether there were any. */
  clear(): boolean {
    const hadFailures = this.failures !== 0 || this.isDown;
    this.failures = 0;
    this.#successes = 0;
    this.isDown = false;
    return hadFailures;
  }
}
