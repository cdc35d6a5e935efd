import { createHistogram } from 'node:perf_hooks';

/** @typedef {'status' | 'truncated' | 'unfinished' | 'miscounted' | 'connection' | 'protocol' | 'timeout'} LoadError */
/** @typedef {{ count: number, mean: number, p50: number, p99: number, max: number }} Latency in milliseconds */
/**
 * What a load driver saw. `requests` counts finished exchanges, right or wrong; `ok` the right ones; `aborted` those that
 * the driver itself left on purpose.
 * @typedef {{
 *   requests: number, ok: number, aborted: number, events: number, seconds: number,
 *   statuses: Record<string, number>, errors: Partial<Record<LoadError, number>>,
 *   latency: Latency, firstEvent: Latency,
 * }} LoadResult
 */

/** A recorder of milliseconds with three significant digits and constant memory. */
class LatencyRecorder {
  constructor() {
    this.histogram = createHistogram({ lowest: 1, highest: 600_000_000, figures: 3 });
  }

  /** @param {number} milliseconds */
  record(milliseconds) {
    this.histogram.record(Math.max(1, Math.round(milliseconds * 1_000)));
  }

  /** @returns {Latency} */
  summary() {
    const { histogram } = this;
    const count = histogram.count;
    if (count === 0) return { count: 0, mean: 0, p50: 0, p99: 0, max: 0 };
    const at = (/** @type {number} */ percentile) => histogram.percentile(percentile) / 1_000;
    return { count, mean: histogram.mean / 1_000, p50: at(50), p99: at(99), max: histogram.max / 1_000 };
  }
}

/** Counts what one run of a driver saw. */
export class Tally {
  constructor() {
    this.startedAt = performance.now();
    this.requests = 0;
    this.ok = 0;
    this.aborted = 0;
    this.events = 0;
    /** @type {Record<string, number>} */
    this.statuses = {};
    /** @type {Partial<Record<LoadError, number>>} */
    this.errors = {};
    this.latency = new LatencyRecorder();
    this.firstEvent = new LatencyRecorder();
  }

  /** @param {LoadError} kind */
  fail(kind) {
    this.requests += 1;
    this.errors[kind] = (this.errors[kind] ?? 0) + 1;
  }

  /** @param {number} status */
  countStatus(status) {
    this.statuses[status] = (this.statuses[status] ?? 0) + 1;
  }

  /** @returns {LoadResult} */
  result() {
    return {
      requests: this.requests,
      ok: this.ok,
      aborted: this.aborted,
      events: this.events,
      seconds: (performance.now() - this.startedAt) / 1_000,
      statuses: this.statuses,
      errors: this.errors,
      latency: this.latency.summary(),
      firstEvent: this.firstEvent.summary(),
    };
  }
}
