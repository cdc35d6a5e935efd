import type { Redis } from 'ioredis';
import type { Clock } from '../../canonical/clock.ts';
import { RedisCircuit } from './redis-circuit.ts';
import { createClient } from './redis-client.ts';
import type { RedisLocation } from './redis-location.ts';
import type { RedisScript } from './redis-script.ts';
import type { CallOutcome, ScriptBatch, ScriptCall } from './script-batch.ts';
import { ScriptEvaluator } from './script-evaluator.ts';

export interface RedisConnectionInput {
  readonly location: RedisLocation;
  readonly clock: Clock;
  /** Hears, in words for the log, when the server stops and begins to answer. */
  readonly onNotice?: (text: string) => void;
  /** Counts calls and their time, and knows whether the server answers. */
  readonly watch?: RedisWatch;
  /** Milliseconds that one call may take, the wait for the connection included; left out: 500. */
  readonly callTimeoutMs?: number;
  /** Milliseconds that opening a connection may take while nobody waits for it; left out: 1000. */
  readonly connectTimeoutMs?: number;
  /** Calls of its scripts that are made in one turn travel together; left out: each call by itself. */
  readonly batch?: ScriptBatch;
}

/** What is told of the calls of a server. */
export interface RedisWatch {
  called(outcome: RedisOutcome, durationMs: number): void;
  isAnswering(isAnswering: boolean): void;
}

/** `refused`: the server answered with an error. `failed`: it did not answer in time, or the connection broke. */
export type RedisOutcome = 'ok' | 'refused' | 'failed';

/** The way to one Redis server. No wait on it is longer than a call may take, and none is queued while it is away. */
export interface RedisConnection {
  /** Resolves when the server has answered for the first time, or did not for as long as opening a connection may take. */
  readonly isTried: Promise<void>;
  /** Whether a call is worth trying. While it is not, a probe a second finds out when it is again. */
  isAnswering(): boolean;
  /** Runs a script. Rejects when the server is away, does not answer in time, or refuses. */
  run(script: RedisScript, keys: readonly string[], parameters: readonly string[]): Promise<unknown>;
  /** Resolves when everything that was sent before has been answered, or given up. */
  idle(): Promise<void>;
  close(): void;
}

/** Joins a Redis server; begins to connect at once and waits for nothing. One that is not there is found when it comes. */
export function connectRedis(input: RedisConnectionInput): RedisConnection {
  return new ScriptRunner(input);
}

/**
 * Milliseconds that an answer may take. A server answers within one; on a machine that is overloaded all the same it is
 * better waited for than passed over, because what it does not count more than the limit may pass. One that is lost costs
 * this much five times, and nothing after that.
 */
const usualCallMs = 500;
/** Calls that may wait for answers at once; a server that is asked more is not answering. */
const maxPending = 10_000;
/** What a server that takes no writes refuses, as a replica does. */
const writes = '#!lua flags=allow-oom\nreturn 1';
/** Milliseconds between two notices of refusals. */
const noticePauseMs = 60_000;

/** Calls that are sent as one: while the server runs them, it does nothing else. */
const maxBatch = 64;

interface WaitingCall extends ScriptCall {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

class ScriptRunner implements RedisConnection {
  readonly isTried: Promise<void>;
  readonly #input: RedisConnectionInput;
  readonly #circuit: RedisCircuit;
  readonly #idlers: (() => void)[] = [];
  #client: ScriptEvaluator | undefined;
  #connecting: Promise<ScriptEvaluator> | undefined;
  /** Whoever is being connected to; it may take for ever. */
  #joining: Redis | undefined;
  #reason = 'does not answer';
  #gathered: WaitingCall[] = [];
  #pending = 0;
  #isClosed = false;
  #tellAgainAt = Number.NEGATIVE_INFINITY;

  constructor(input: RedisConnectionInput) {
    this.#input = input;
    this.#circuit = new RedisCircuit({
      clock: input.clock,
      probe: () => this.#probe(),
      onChange: (isClosed) => this.#tellChange(isClosed),
    });
    input.watch?.isAnswering(true);
    this.isTried = this.#probe().catch(() => this.#circuit.open());
  }

  isAnswering(): boolean {
    return this.#circuit.isClosed();
  }

  run(script: RedisScript, keys: readonly string[], parameters: readonly string[]): Promise<unknown> {
    if (this.#isClosed || !this.#circuit.isClosed()) return Promise.reject(this.#away('does not answer'));
    if (this.#pending >= maxPending) return Promise.reject(this.#away('has too many calls to answer'));
    this.#pending += 1;
    return new Promise((resolve, reject) => {
      const call = { script, keys, parameters, resolve, reject };
      const { batch } = this.#input;
      if (batch?.takes(script)) this.#gather(call, batch);
      else this.#send([call], call, (answer) => [{ answer }]);
    });
  }

  #gather(call: WaitingCall, batch: ScriptBatch): void {
    if (this.#gathered.push(call) > 1) return;
    setImmediate(() => {
      const calls = this.#gathered;
      this.#gathered = [];
      for (let sent = 0; sent < calls.length; sent += maxBatch) {
        const some = calls.slice(sent, sent + maxBatch);
        this.#send(some, batch.callOf(some), batch.outcomesOf);
      }
    });
  }

  /** Has calls answered by one that runs all of them. */
  #send(
    calls: readonly WaitingCall[],
    { keys, parameters, script }: ScriptCall,
    outcomesOf: (answer: unknown) => readonly CallOutcome[],
  ): void {
    const { clock, callTimeoutMs = usualCallMs, watch } = this.#input;
    const startedAt = clock.now();
    let isOver = false;
    const end = (outcome: RedisOutcome): void => {
      isOver = true;
      cancel();
      watch?.called(outcome, clock.now() - startedAt);
      this.#pending -= calls.length;
      if (this.#pending === 0) for (const wake of this.#idlers.splice(0)) wake();
    };
    const fail = (error: unknown): void => {
      if (isOver) return;
      end(isRefusal(error) ? 'refused' : 'failed');
      if (isRefusal(error)) this.#noteRefusal(error);
      else if (used?.isLostAgain() !== true) this.#circuit.failed(calls.length);
      for (const { reject } of calls) reject(error);
    };
    const giveUp = (): void => fail(this.#away(`did not answer within ${callTimeoutMs} ms`));
    // A process that was busy finds its timers due before it has read the answers that lie there: those are read first.
    const cancel = clock.schedule(() => setImmediate(giveUp), callTimeoutMs);
    const succeed = (answer: unknown): void => {
      if (isOver) return;
      const outcomes = outcomesOf(answer);
      end(outcomes.some((outcome) => 'refusal' in outcome) ? 'refused' : 'ok');
      this.#circuit.succeeded();
      for (const [index, call] of calls.entries()) this.#settle(call, outcomes[index]!);
    };
    let used = this.#client;
    const evaluated =
      used?.evaluate(script, keys, parameters) ??
      this.#open().then((client) => {
        used = client;
        return isOver ? undefined : client.evaluate(script, keys, parameters);
      });
    evaluated.then(succeed).catch(fail);
  }

  #settle({ reject, resolve }: WaitingCall, outcome: CallOutcome): void {
    if ('answer' in outcome) {
      resolve(outcome.answer);
      return;
    }
    const error = refusalOf(outcome.refusal);
    this.#noteRefusal(error);
    reject(error);
  }

  idle(): Promise<void> {
    return this.#pending === 0 ? Promise.resolve() : new Promise((resolve) => void this.#idlers.push(resolve));
  }

  close(): void {
    this.#isClosed = true;
    this.#circuit.end();
    this.#drop();
  }

  #open(): Promise<ScriptEvaluator> {
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
      this.#joining = undefined;
    });
    return this.#connecting;
  }

  async #connect(): Promise<ScriptEvaluator> {
    const { connectTimeoutMs = 1_000, location } = this.#input;
    const { database } = location;
    const client = createClient(location, connectTimeoutMs);
    const evaluator = new ScriptEvaluator(client);
    this.#joining = client;
    client.on('error', (error) => this.#noteReason(error));
    client.on('close', () => {
      if (this.#client !== evaluator) return;
      this.#client = undefined;
      // Nobody should have to wait to find out whether the server went with it.
      this.#open().catch(() => this.#circuit.open());
    });
    await client.connect();
    try {
      if (this.#isClosed) throw this.#away('is not used any more');
      // The driver selects it, too, and goes on with the first one where there is none of that number.
      if (database !== 0) await client.select(database);
    } catch (error) {
      client.disconnect();
      throw error;
    }
    this.#client = evaluator;
    return evaluator;
  }

  #drop(): void {
    const dropped = this.#client;
    this.#client = undefined;
    dropped?.client.disconnect();
    this.#joining?.disconnect();
  }

  async #probe(): Promise<void> {
    const { clock, connectTimeoutMs = 1_000 } = this.#input;
    let cancel: () => void = () => undefined;
    const tooLate = new Promise<never>((_resolve, reject) => {
      cancel = clock.schedule(() => reject(this.#away('does not answer')), connectTimeoutMs);
    });
    try {
      await Promise.race([this.#open().then(({ client }) => client.eval(writes, 0)), tooLate]);
    } catch (error) {
      this.#noteReason(error);
      this.#drop();
      throw error;
    } finally {
      cancel();
    }
  }

  /** A server that refuses answers: it costs no wait. */
  #noteRefusal(error: Error): void {
    if (!error.message.includes('READONLY')) {
      this.#tellRefusal(error);
      return;
    }
    // Another server took its place, and may be where the address leads now: a new connection finds out.
    this.#noteReason(error);
    this.#circuit.open();
  }

  #tellChange(isClosed: boolean): void {
    const { location, onNotice, watch } = this.#input;
    watch?.isAnswering(isClosed);
    // What was sent to a server that fell silent may be answered late or never; a new connection begins without it.
    if (!isClosed) this.#drop();
    onNotice?.(
      isClosed
        ? `Redis at ${location.place} answers again; counts are shared again.`
        : `Redis at ${location.place} ${this.#reason}. Until it answers, limits and budgets are counted here alone or refuse, as each is configured; it is probed every second.`,
    );
    this.#reason = 'does not answer';
  }

  /** A server that lets nobody in says why, and so does the system where there is none. */
  #noteReason(error: unknown): void {
    if (isRefusal(error)) this.#reason = `refuses: ${error.message}`;
    else if (error instanceof Error && 'code' in error) this.#reason = `does not answer (${String(error.code)})`;
  }

  #tellRefusal(error: Error): void {
    const { clock, location, onNotice } = this.#input;
    const now = clock.now();
    if (now < this.#tellAgainAt) return;
    this.#tellAgainAt = now + noticePauseMs;
    onNotice?.(
      `Redis at ${location.place} refuses what it is asked, so limits and budgets are counted here alone or refuse, as each is configured: ${error.message}`,
    );
  }

  #away(what: string): Error {
    return new Error(`Redis at ${this.#input.location.place} ${what}. Check that it runs and can be reached.`);
  }
}

function isRefusal(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}

/** The same of one call of several, as the driver makes it. */
function refusalOf(text: string): Error {
  return Object.assign(new Error(text), { name: 'ReplyError' });
}
