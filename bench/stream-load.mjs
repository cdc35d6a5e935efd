import { connect } from 'node:net';
import { ClientConnection } from './client-connection.mjs';
import { encodeRequest } from './request-bytes.mjs';
import { StreamExchange } from './stream-exchange.mjs';
import { Tally } from './tally.mjs';

/**
 * Streams of `events` events. With `total` the loop is open: that many streams are begun evenly over `rampSeconds`,
 * whether earlier ones have ended or not. With `concurrency` it is closed: so many are kept running for `seconds`.
 * `abortShare` of them are left by the client after a random number of events; `seed` makes the choice repeatable.
 * @typedef {{
 *   kind: 'streams', port: number, key: string, bodyBytes: number, events: number, gapMs: number,
 *   total?: number, rampSeconds?: number, concurrency?: number, seconds?: number, abortShare?: number, seed?: number,
 *   model?: string, wire?: 'anthropic-messages', ending?: import('./stream-exchange.mjs').StreamEnding,
 * }} StreamsCommand
 */

/** What has not ended this long after its time counts as a timeout. */
const GRACE_MS = 15_000;
const FAILURE_LIMIT = 1_000;
/** Events on one stream may come later than planned on a busy machine; this factor is allowed before it is a timeout. */
const SLACK = 4;

/**
 * Runs streams and says what came back. Never rejects: what goes wrong is counted.
 * @param {StreamsCommand} command
 * @returns {Promise<import('./tally.mjs').LoadResult>}
 */
export async function runStreamLoad(command) {
  const driver = new StreamDriver(command);
  await driver.openConnections(command.concurrency ?? Math.min(command.total ?? 1, 1_000));
  return driver.run();
}

class StreamDriver {
  /** @param {StreamsCommand} command */
  constructor(command) {
    this.command = command;
    this.request = encodeRequest(command);
    this.random = createRandom(command.seed ?? 1);
    this.tally = new Tally();
    /** @type {ClientConnection[]} */
    this.idle = [];
    /** @type {Set<ClientConnection>} */
    this.open = new Set();
    this.running = 0;
    this.started = 0;
    this.stopped = false;
    this.resolve = () => {};
  }

  /**
   * Connects ahead of time, so that the first event is not timed with a TCP handshake in front of it.
   * @param {number} count
   */
  async openConnections(count) {
    const waits = Array.from({ length: count }, () => {
      const connection = this.#connect();
      this.idle.push(connection);
      return new Promise((resolve) => {
        connection.socket.once('connect', resolve);
        connection.socket.once('close', resolve);
      });
    });
    await Promise.all(waits);
    await untilAnswered(this.command.port);
  }

  /** @returns {Promise<import('./tally.mjs').LoadResult>} */
  run() {
    const { command } = this;
    this.tally.startedAt = performance.now();
    const activeMs = (command.total === undefined ? (command.seconds ?? 1) : (command.rampSeconds ?? 1)) * 1_000;
    const limitMs = activeMs + command.events * command.gapMs * SLACK + GRACE_MS;
    return new Promise((resolve) => {
      const starter = command.total === undefined ? this.#runClosed(activeMs) : this.#runOpen(command.total, activeMs);
      const limit = setTimeout(() => {
        this.stopped = true;
        for (const connection of this.open) connection.close('timeout');
      }, limitMs);
      this.resolve = () => {
        clearTimeout(limit);
        clearInterval(starter);
        for (const connection of this.open) connection.abandon();
        resolve(this.tally.result());
      };
    });
  }

  /**
   * @param {number} activeMs
   * @returns {NodeJS.Timeout | undefined}
   */
  #runClosed(activeMs) {
    setTimeout(() => {
      this.stopped = true;
      this.#settle();
    }, activeMs);
    for (let index = 0; index < (this.command.concurrency ?? 1); index += 1) this.#start();
    return undefined;
  }

  /**
   * @param {number} total
   * @param {number} activeMs
   */
  #runOpen(total, activeMs) {
    return setInterval(() => {
      const due = Math.min(total, Math.ceil(((performance.now() - this.tally.startedAt) / activeMs) * total));
      while (this.started < due && !this.stopped) this.#start();
      if (this.started >= total) {
        this.stopped = true;
        this.#settle();
      }
    }, 1);
  }

  #connect() {
    const connection = new ClientConnection(this.command.port, () => {
      this.open.delete(connection);
    });
    this.open.add(connection);
    return connection;
  }

  #start() {
    let connection = this.idle.pop();
    while (connection !== undefined && !connection.isUsable) connection = this.idle.pop();
    const used = connection ?? this.#connect();
    const { events, abortShare = 0, ending } = this.command;
    const leaves = abortShare > 0 && this.random() < abortShare;
    this.running += 1;
    this.started += 1;
    const exchange = new StreamExchange({
      tally: this.tally,
      events,
      ...(ending === undefined ? {} : { ending }),
      abortAfter: leaves ? 1 + Math.floor(this.random() * (events - 1)) : Number.POSITIVE_INFINITY,
      onEnd: () => {
        this.idle.push(used);
        this.#ended();
      },
      onAbort: () => {
        used.abandon();
        this.#ended();
      },
      onBroken: () => this.#ended(),
    });
    used.send(this.request, exchange);
  }

  #ended() {
    this.running -= 1;
    if (this.tally.requests - this.tally.ok >= FAILURE_LIMIT) this.stopped = true;
    if (this.command.total === undefined && !this.stopped) this.#start();
    else this.#settle();
  }

  #settle() {
    if (this.stopped && this.running === 0) this.resolve();
  }
}

/**
 * Asks on one more connection, and resolves with the first bytes of whatever is the answer. The kernel accepts connections
 * before their server does, which takes them one by one: so the server has all that were opened before, and no stream
 * waits for hundreds of others to be taken.
 * @param {number} port
 */
async function untilAnswered(port) {
  const socket = connect({ port, host: '127.0.0.1' });
  await new Promise((resolve) => {
    socket.once('data', resolve);
    socket.once('close', resolve);
    socket.on('error', resolve);
    socket.write('GET /health HTTP/1.1\r\nhost: bench.local\r\n\r\n');
  });
  socket.destroy();
}

/**
 * The linear congruential generator of Numerical Recipes: a repeatable choice is all that is wanted of it.
 * @param {number} seed
 */
function createRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
