import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { AttemptLog, type AttemptRecord, emptyAttempt, type OpenAttempt, openAttempt } from './attempt-log.ts';
import type { Behaviour } from './behaviours.ts';
import { answerControl, isControlPath } from './control.ts';
import { type BehaviourSource, Director } from './director.ts';
import { type PlanContext, planReply } from './plan-reply.ts';
import { readBody } from './read-body.ts';
import { Reply } from './reply.ts';
import { fixedPlan, type ReplyPlan, silentPlan } from './reply-plan.ts';
import { type SimulatedRequest, simulatedRequest } from './simulated-request.ts';
import { errorBody, errorHeaders } from './wire-error.ts';

/** How a simulator is started. Times are milliseconds. */
export interface SimulatorOptions {
  /** The address to listen on; the loopback by default. */
  readonly host?: string;
  /** 0, the default, takes a free port. */
  readonly port?: number;
  /** Named in the `x-simulator` header of every reply, to tell several apart. */
  readonly name?: string;
  /** When set, requests and probes without this key get 401. */
  readonly apiKey?: string;
  /** The models that `GET /models` lists. */
  readonly models?: readonly string[];
  readonly behaviour?: BehaviourSource;
  /** Words of an answer, 60 by default. */
  readonly tokens?: number;
  readonly tokenGapMs?: number;
  readonly firstTokenMs?: number;
  /** How many attempts are remembered, 10,000 by default. */
  readonly keepAttempts?: number;
  /** Told of every attempt when it ends. */
  readonly onAttempt?: (attempt: AttemptRecord) => void;
  /** Milliseconds since 1970; the system's clock by default. */
  readonly now?: () => number;
}

/** What `GET /models` and `/health` answer: a status, silence, or a reset. */
export type SimulatedHealth = number | 'hang' | 'reset';

/** A running simulator. */
export interface Simulator {
  /** The base URL without a path, as `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly port: number;
  /** The attempts seen, oldest first, those in progress included. Probes are not among them. */
  readonly attempts: readonly AttemptRecord[];
  /** `GET …/models` and `GET …/health`. */
  readonly probes: readonly AttemptRecord[];
  /** All attempts since the start or the last reset, also those no longer remembered. */
  readonly attemptCount: number;
  readonly openSockets: number;
  /** Sets the behaviour of all requests to come; `undefined` leaves it to the model's name again. */
  behave(behaviour: BehaviourSource | undefined): void;
  /** Sets a behaviour for each of the next requests; those after them get the default. */
  script(list: readonly (Behaviour | string)[]): void;
  setHealth(health: SimulatedHealth): void;
  /** Resolves when `count` attempts have arrived. Rejects after `timeoutMs`, 20,000 by default. */
  waitForAttempts(count: number, options?: { readonly timeoutMs?: number }): Promise<readonly AttemptRecord[]>;
  /** Resolves when the predicate holds, asked whenever an attempt or a socket changes. Rejects after `timeoutMs`, 20,000 by default. */
  waitUntil(predicate: () => boolean, options?: { readonly timeoutMs?: number }): Promise<void>;
  /** Forgets attempts, script and scenario states; sets behaviour and health to those at the start. Connections stay. */
  reset(): void;
  /** Breaks all connections and frees the port. */
  close(): Promise<void>;
}

/** Starts a simulator. Rejects when the port is taken or the behaviour's name is unknown. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = new SimulatorServer(options);
  await simulator.listen();
  return simulator;
}

class SimulatorServer implements Simulator {
  readonly #options: SimulatorOptions;
  readonly #now: () => number;
  readonly #log: AttemptLog;
  readonly #director: Director;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  // Requests served by each connection, for faults of reuse.
  readonly #served = new WeakMap<Socket, number>();
  #health: SimulatedHealth = 200;
  port = 0;
  url = '';

  constructor(options: SimulatorOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.timeOrigin + performance.now());
    this.#log = new AttemptLog(options.keepAttempts ?? 10_000);
    this.#director = new Director(this.#now);
    this.#director.behave(options.behaviour);
    // No limits of its own: what stays open or silent is decided by behaviours and by the client.
    this.#server = createServer({ requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 120_000, noDelay: true });
    this.#server.on('connection', (socket: Socket) => this.#accept(socket));
    this.#server.on('request', (incoming, response) => void this.#serve(incoming, response));
  }

  async listen(): Promise<void> {
    const host = this.#options.host ?? '127.0.0.1';
    this.#server.listen(this.#options.port ?? 0, host);
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
    const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
    this.url = `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${this.port}`;
  }

  get attempts(): readonly AttemptRecord[] {
    return this.#log.attempts;
  }

  get probes(): readonly AttemptRecord[] {
    return this.#log.probes;
  }

  get attemptCount(): number {
    return this.#log.count;
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  behave(behaviour: BehaviourSource | undefined): void {
    this.#director.behave(behaviour);
  }

  script(list: readonly (Behaviour | string)[]): void {
    this.#director.script(list);
  }

  setHealth(health: SimulatedHealth): void {
    this.#health = health;
  }

  async waitForAttempts(count: number, { timeoutMs = 20_000 } = {}): Promise<readonly AttemptRecord[]> {
    await this.#log.waitUntil(() => this.#log.count >= count, { timeoutMs, what: `${count} attempts` });
    return this.#log.attempts;
  }

  waitUntil(predicate: () => boolean, { timeoutMs = 20_000 } = {}): Promise<void> {
    return this.#log.waitUntil(predicate, { timeoutMs, what: 'a condition' });
  }

  reset(): void {
    this.#log.clear();
    this.#director.reset();
    this.#director.behave(this.#options.behaviour);
    this.#health = 200;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    // A client that resets its connection is an ordinary event here; 'close' follows and tells it.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#log.changed();
    });
    if (!this.#director.refusesConnection()) return;
    const now = this.#now();
    const refused: AttemptRecord = {
      ...emptyAttempt,
      startedAt: now,
      endedAt: now,
      outcome: 'faulted',
      behaviour: 'reset',
    };
    socket.resetAndDestroy();
    this.#log.add(refused);
    this.#options.onAttempt?.(refused);
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedAt = this.#now();
    const body = await readBody(incoming);
    if (body === 'aborted') return;
    if (body === 'too large') {
      response.writeHead(413, { connection: 'close' }).end(JSON.stringify(errorBody('other', 413)));
      return;
    }
    const request = simulatedRequest(incoming, body);
    if (isControlPath(request.path)) {
      answerControl(request, response, { simulator: this, host: this.#options.host ?? '127.0.0.1' });
      return;
    }
    const { socket } = incoming;
    const served = this.#served.get(socket) ?? 0;
    this.#served.set(socket, served + 1);
    const attempt = openAttempt(request, { startedAt, reused: served > 0 });
    const plan = isProbe(request) ? this.#planProbe(request, attempt) : this.#planAttempt(request, attempt);
    const reply = new Reply({ response, socket, attempt, log: this.#log, now: this.#now });
    try {
      await reply.perform(plan);
    } catch (error) {
      // A header that HTTP does not allow, say: found by node when the head is made, before anything was sent.
      attempt.behaviour = 'broken';
      if (response.headersSent) socket.destroy();
      else await reply.perform(this.#broken(error));
    }
    if (isProbe(request) || this.#options.onAttempt === undefined) return;
    if (attempt.outcome === undefined) response.once('close', () => this.#options.onAttempt?.(attempt));
    else this.#options.onAttempt(attempt);
  }

  #planProbe(request: SimulatedRequest, attempt: OpenAttempt): ReplyPlan {
    this.#log.addProbe(attempt);
    if (!this.#authorized(request)) return this.#refuse(request, attempt);
    if (this.#health === 'hang') return silentPlan({ holdMs: undefined });
    if (this.#health === 'reset') return silentPlan('reset');
    const behaviour: Behaviour = this.#health === 200 ? { kind: 'answer' } : { kind: 'status', status: this.#health };
    attempt.behaviour = behaviour.kind;
    return this.#named(planReply(behaviour, { ...this.#planContext({}, 0), request, reused: false }));
  }

  #planAttempt(request: SimulatedRequest, attempt: OpenAttempt): ReplyPlan {
    const { reused } = attempt;
    const index = this.#log.add(attempt);
    if (!this.#authorized(request)) return this.#refuse(request, attempt);
    try {
      const { behaviour, scenario, settings, prefill } = this.#director.direct(request, index);
      attempt.behaviour = behaviour.kind;
      if (scenario !== undefined) attempt.scenario = scenario;
      return this.#named(planReply(behaviour, { ...this.#planContext(settings, index), prefill, request, reused }));
    } catch (error) {
      attempt.behaviour = 'broken';
      return this.#broken(error);
    }
  }

  #planContext(settings: Readonly<Record<string, number>>, index: number): Omit<PlanContext, 'request' | 'reused'> {
    const { tokens = 60, tokenGapMs = 0, firstTokenMs = 0, models = ['sim'] } = this.#options;
    return {
      index,
      tokens: Math.min(maximumTokens, Math.floor(settings['tokens'] ?? tokens)),
      gapMs: settings['gap'] ?? tokenGapMs,
      firstTokenMs: settings['first'] ?? firstTokenMs,
      differs: settings['differs'],
      prefill: undefined,
      models,
    };
  }

  #named(plan: ReplyPlan): ReplyPlan {
    const { name } = this.#options;
    if (name === undefined || plan.head === undefined) return plan;
    return { ...plan, head: { ...plan.head, headers: { ...plan.head.headers, 'x-simulator': name } } };
  }

  #refuse({ endpoint }: SimulatedRequest, attempt: OpenAttempt): ReplyPlan {
    attempt.behaviour = 'unauthorized';
    return fixedPlan(401, errorHeaders(endpoint, 401), Buffer.from(JSON.stringify(errorBody(endpoint, 401))));
  }

  // The drill itself is wrong: a file that is not there, a name that does not exist. Says so where the drill is watched.
  #broken(error: unknown): ReplyPlan {
    const message = `The simulator cannot play this: ${error instanceof Error ? error.message : String(error)}`;
    const body = errorBody('other', 500, { message, code: 'simulator_misconfigured' });
    return fixedPlan(500, { 'content-type': 'application/json' }, Buffer.from(JSON.stringify(body)));
  }

  #authorized({ headers, query }: SimulatedRequest): boolean {
    const { apiKey } = this.#options;
    if (apiKey === undefined) return true;
    const { authorization = '' } = headers;
    if (authorization === `Bearer ${apiKey}` || keyHeaders.some((name) => headers[name] === apiKey)) return true;
    // A signed request shows the name of its key only; Google takes keys in the query too.
    return authorization.includes(`Credential=${apiKey}/`) || new URLSearchParams(query).get('key') === apiKey;
  }
}

const keyHeaders = ['api-key', 'x-api-key', 'x-goog-api-key'];
// More words than any model says; a model name must not be able to exhaust the memory.
const maximumTokens = 100_000;

function isProbe({ endpoint }: SimulatedRequest): boolean {
  return endpoint === 'models' || endpoint === 'health';
}
