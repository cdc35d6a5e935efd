import type { IncomingHttpHeaders } from 'node:http';
import type { SimulatedRequest } from './simulated-request.ts';

/** What happened to one request. Times are milliseconds since 1970, with fractions. */
export interface AttemptRecord {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly model: string;
  readonly stream: boolean;
  /** Its connection had served a request before. */
  readonly reused: boolean;
  readonly startedAt: number;
  /** When the first byte of the reply, its status line, was written. */
  readonly firstByteAt?: number;
  /** When the first token was written. */
  readonly firstTokenAt?: number;
  readonly endedAt?: number;
  /**
   * `completed`: the reply that was planned left in full, errors included. `client_closed`: the client left before that.
   * `faulted`: the simulator broke the connection or ended the answer early. Not there yet: in progress.
   */
  readonly outcome?: 'completed' | 'client_closed' | 'faulted';
  readonly clientClosedAt?: number;
  /** The kind of behaviour that answered. */
  readonly behaviour: string;
  /** The scenario it came from, if any. */
  readonly scenario?: string;
  readonly status?: number;
  readonly tokensSent: number;
  /** Bytes of the body that the socket took, without HTTP framing. */
  readonly bytesSent: number;
}

/** An attempt that is being recorded. */
export type OpenAttempt = { -readonly [Key in keyof AttemptRecord]: AttemptRecord[Key] };

/** The record of a connection on which nothing was asked. */
export const emptyAttempt: AttemptRecord = {
  method: '',
  path: '',
  query: '',
  headers: {},
  rawHeaders: [],
  body: Buffer.alloc(0),
  model: '',
  stream: false,
  reused: false,
  startedAt: 0,
  behaviour: '',
  tokensSent: 0,
  bytesSent: 0,
};

/** Begins the record of a request. */
export function openAttempt(
  request: SimulatedRequest,
  { startedAt, reused }: Pick<AttemptRecord, 'startedAt' | 'reused'>,
): OpenAttempt {
  const { method, path, query, headers, rawHeaders, body, model, stream } = request;
  return { ...emptyAttempt, method, path, query, headers, rawHeaders, body, model, stream, reused, startedAt };
}

/** An attempt as it may be shown or stored: credentials replaced, the body as text and its number of bytes. */
export function describeAttempt(attempt: AttemptRecord, bodyLimit: number): Record<string, unknown> {
  const { body, rawHeaders: _, headers, query, ...rest } = attempt;
  const shown = Object.entries(headers).map(([name, value]) => [name, secretName.test(name) ? '[redacted]' : value]);
  return {
    ...rest,
    // Some providers take the key in the query.
    query: query.replace(/((?:^|&)[^=&]*key=)[^&]*/gi, '$1[redacted]'),
    headers: Object.fromEntries(shown),
    bodyBytes: body.length,
    body: body.subarray(0, bodyLimit).toString('utf8'),
  };
}

const secretName = /authorization|key|token|cookie|secret/;

/** The attempts seen, the newest of them kept, and whoever waits for something to become true of them. */
export class AttemptLog {
  readonly attempts: AttemptRecord[] = [];
  readonly probes: AttemptRecord[] = [];
  /** Attempts since the start or the last `clear`, forgotten ones included. */
  count = 0;
  readonly #limit: number;
  readonly #waiting = new Set<() => void>();
  #keptBytes = 0;

  /** Keeps at most `limit` attempts and 256 MiB of their bodies. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Adds an attempt and returns its number, from 0. */
  add(attempt: AttemptRecord): number {
    this.attempts.push(attempt);
    this.#keptBytes += attempt.body.length;
    // Forgets in blocks: shifting a long array for each attempt would cost more than the attempt.
    const excess = this.attempts.length - this.#limit;
    if (excess >= Math.max(1, Math.min(1_000, this.#limit))) this.#forget(excess);
    while (this.#keptBytes > maximumKeptBytes && this.attempts.length > 1) this.#forget(1);
    this.count += 1;
    this.changed();
    return this.count - 1;
  }

  /** Adds a health probe. */
  addProbe(probe: AttemptRecord): void {
    this.probes.push(probe);
    if (this.probes.length > 2_000) this.probes.splice(0, 1_000);
    this.changed();
  }

  /** Forgets everything. */
  clear(): void {
    this.attempts.length = 0;
    this.probes.length = 0;
    this.count = 0;
    this.#keptBytes = 0;
  }

  /** Says that something which a waiting predicate may look at has changed. */
  changed(): void {
    for (const check of this.#waiting) check();
  }

  /** Resolves when the predicate holds; it is asked on every change. Rejects after `timeoutMs`, or with what it throws. */
  waitUntil(predicate: () => boolean, { timeoutMs, what }: { timeoutMs: number; what: string }): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        settle(() => reject(new Error(`The simulator waited ${timeoutMs} ms in vain for ${what}.`)));
      }, timeoutMs);
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        finish();
      };
      const check = (): void => {
        try {
          if (predicate()) settle(resolve);
        } catch (error) {
          settle(() => reject(error));
        }
      };
      this.#waiting.add(check);
      check();
    });
  }

  #forget(count: number): void {
    for (const attempt of this.attempts.splice(0, count)) this.#keptBytes -= attempt.body.length;
  }
}

const maximumKeptBytes = 256 * 1024 * 1024;
