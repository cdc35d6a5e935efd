import pg from 'pg';
import type { Clock } from '../../../canonical/clock.ts';

export interface ListenerSettings {
  readonly url: string;
  /** A name of small letters and underscores. */
  readonly channel: string;
  readonly clock: Clock;
  readonly onMessage: (text: string) => void;
}

const CONNECT_TIMEOUT_MS = 3_000;
/** Milliseconds from a lost connection to the next attempt, and between two signs of life. */
const RETRY_MS = 1_000;
const HEARTBEAT_MS = 10_000;

/** A connection of its own on which the server tells what happens on a channel; made anew whenever it is lost. */
export class PostgresListener {
  readonly #settings: ListenerSettings;
  #client: pg.Client | undefined;
  #cancelTimer: () => void = () => undefined;
  #isClosed = false;

  constructor(settings: ListenerSettings) {
    this.#settings = settings;
    void this.#connect();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTimer();
    await this.#drop();
  }

  async #connect(): Promise<void> {
    const { url, channel, onMessage } = this.#settings;
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      application_name: 'llm-gateway listener',
    });
    this.#client = client;
    client.on('error', () => this.#retry(client));
    client.on('end', () => this.#retry(client));
    client.on('notification', ({ payload = '' }) => onMessage(payload));
    try {
      await client.connect();
      await client.query(`LISTEN ${channel}`);
      if (this.#client !== client || this.#isClosed) return;
      onMessage('');
      this.#after(HEARTBEAT_MS, () => this.#check(client));
    } catch {
      this.#retry(client);
    }
  }

  /** A connection whose other end is gone without a word shows it only when it is asked. */
  async #check(client: pg.Client): Promise<void> {
    try {
      await client.query('SELECT 1');
      if (this.#client === client && !this.#isClosed) this.#after(HEARTBEAT_MS, () => this.#check(client));
    } catch {
      this.#retry(client);
    }
  }

  #retry(client: pg.Client): void {
    if (this.#client !== client || this.#isClosed) return;
    void this.#drop();
    this.#after(RETRY_MS, () => this.#connect());
  }

  #after(ms: number, work: () => Promise<void>): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#settings.clock.schedule(() => void work(), ms);
  }

  async #drop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (client === undefined) return;
    // A server that does not answer must not hold up whoever ends this.
    const { promise, cancel } = this.#patience();
    await Promise.race([client.end().catch(() => undefined), promise]);
    cancel();
  }

  #patience(): { readonly promise: Promise<void>; readonly cancel: () => void } {
    let cancel = () => {};
    const promise = new Promise<void>((resolve) => {
      cancel = this.#settings.clock.schedule(resolve, RETRY_MS);
    });
    return { promise, cancel: () => cancel() };
  }
}
