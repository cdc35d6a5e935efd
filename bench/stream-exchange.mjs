/** @typedef {import('./tally.mjs').LoadError} LoadError */

const NEWLINE = 10;
const TERMINATOR = 'data: [DONE]\n\n';

/**
 * How a stream of a wire ends, and how many events it has beside those that were asked for, its last one included.
 * @typedef {{ terminator: string, moreEvents: number }} StreamEnding
 */

/** @type {StreamEnding} */
const relayedChat = { terminator: TERMINATOR, moreEvents: 1 };

/**
 * Reads one SSE reply: counts events by scanning for blank lines, times the first one and judges the end. A stream is
 * right only if it had every event that was asked for, no more, and ended with the terminator.
 */
export class StreamExchange {
  /**
   * @param {{
   *   tally: import('./tally.mjs').Tally, events: number, abortAfter: number,
   *   onEnd: () => void, onAbort: () => void, onBroken: () => void, ending?: StreamEnding,
   * }} parts `events` without the terminator; `abortAfter` is the number of events after which the client leaves, or
   *   Infinity
   */
  constructor({ tally, events, abortAfter, onEnd, onAbort, onBroken, ending = relayedChat }) {
    this.tally = tally;
    this.terminator = ending.terminator;
    this.expected = events + ending.moreEvents;
    this.abortAfter = abortAfter;
    this.onEnd = onEnd;
    this.onAbort = onAbort;
    this.onBroken = onBroken;
    this.sentAt = performance.now();
    this.status = 0;
    this.events = 0;
    this.endsInNewline = false;
    this.carry = '';
    /** @type {Buffer} */
    this.lastBytes = Buffer.alloc(0);
    this.lastStart = 0;
    this.lastEnd = 0;
  }

  /** @param {number} status */
  head(status) {
    this.status = status;
  }

  /**
   * @param {Buffer} bytes
   * @param {number} start
   * @param {number} end
   */
  data(bytes, start, end) {
    const before = this.events;
    this.#countEvents(bytes, start, end);
    // Short parts may cut the terminator in pieces, so what went before them is kept.
    this.carry = end - start < this.terminator.length ? this.#tail() : '';
    this.lastBytes = bytes;
    this.lastStart = start;
    this.lastEnd = end;
    if (before === 0 && this.events > 0 && this.status === 200) {
      this.tally.firstEvent.record(performance.now() - this.sentAt);
    }
    this.tally.events += this.events - before;
    if (this.events >= this.abortAfter) {
      this.abortAfter = Number.POSITIVE_INFINITY;
      this.tally.aborted += 1;
      this.onAbort();
    }
  }

  end() {
    const { tally } = this;
    tally.countStatus(this.status);
    if (this.status !== 200) tally.fail('status');
    else if (this.#tail() !== this.terminator) tally.fail('unfinished');
    else if (this.events !== this.expected) tally.fail('miscounted');
    else {
      tally.requests += 1;
      tally.ok += 1;
    }
    this.onEnd();
  }

  /** @param {LoadError} kind */
  broken(kind) {
    this.tally.fail(kind);
    this.onBroken();
  }

  /**
   * @param {Buffer} bytes
   * @param {number} start
   * @param {number} end
   */
  #countEvents(bytes, start, end) {
    let at = start;
    if (this.endsInNewline && bytes[at] === NEWLINE) {
      this.events += 1;
      at += 1;
    }
    this.endsInNewline = false;
    while (at < end) {
      const found = bytes.indexOf(NEWLINE, at);
      if (found === -1 || found >= end) return;
      at = found + 1;
      if (at === end) {
        this.endsInNewline = true;
      } else if (bytes[at] === NEWLINE) {
        this.events += 1;
        at += 1;
      }
    }
  }

  #tail() {
    const start = Math.max(this.lastStart, this.lastEnd - this.terminator.length);
    return (this.carry + this.lastBytes.toString('latin1', start, this.lastEnd)).slice(-this.terminator.length);
  }
}
