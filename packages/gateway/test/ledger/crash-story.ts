import type { AttemptRecord, Simulator } from '@llm-gateway/simulator';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { BuiltGateway, GatewayProcess } from '../acceptance/built-gateway.ts';
import { childrenOf, freePort } from '../workers/fleet.ts';
import { type Answered, startLoad, type Wish } from './crash-callers.ts';
import { type CrashKey, crashKeyPlaces, expectNothingHeld, makeCrashKey } from './crash-key.ts';
import { type History, pricing } from './crash-law.ts';

/** Callers at one time. */
export const callers = 8;

export interface Scene {
  readonly workers: number;
  readonly stores: 'SQLite' | 'PostgreSQL' | 'PostgreSQL and Redis';
  readonly kills: number;
}

/** Who dies, and when: after so many attempts of this life, and so many turns of this process's event loop. */
export interface Kill {
  readonly victim: 'worker' | 'primary' | 'everything';
  readonly attempts: number;
  readonly turns: number;
}

/** Whoever dies in turn; a gateway outlives its workers. */
const victims = ['worker', 'everything', 'worker', 'worker', 'primary'] as const;

export function planKills({ kills: count, stores, workers }: Scene): Kill[] {
  const moment = fc.record({ attempts: fc.integer({ min: 5, max: 120 }), turns: fc.nat({ max: 40 }) });
  // What is shared outlives everybody: what becomes of it when nobody is left is seen first.
  const first = stores === 'PostgreSQL and Redis' ? 1 : 0;
  return fc.sample(moment, { numRuns: count, seed: 5 + workers }).map((when, index) => ({
    ...when,
    victim: workers === 1 ? 'everything' : victims[(index + first) % victims.length]!,
  }));
}

export interface StoryInput {
  readonly scene: Scene;
  /** Begins the ids of its requests. */
  readonly name: string;
  readonly built: BuiltGateway;
  readonly simulator: Simulator;
  /** Where its stores are. */
  readonly env: Readonly<Record<string, string>>;
}

/** One gateway over all its lives, and what became of what it was asked. */
export class Story implements History {
  readonly asked = new Map<string, Wish>();
  readonly answered = new Map<string, Answered>();
  mostCutOff = 0;
  readonly #input: StoryInput;
  #directory: string | undefined;
  #key: CrashKey | undefined;
  #lives = 0;
  #port = 0;

  constructor(input: StoryInput) {
    this.#input = input;
  }

  get directory(): string {
    return this.#directory!;
  }

  get served(): readonly AttemptRecord[] {
    const { name, simulator } = this.#input;
    return simulator.attempts.filter(({ headers }) => String(headers['x-request-id']).startsWith(`${name}-`));
  }

  /** Lives under load until something is killed that ends it, or nothing is left to be killed. */
  async live(planned: Kill[]): Promise<void> {
    const gateway = await this.#start();
    const url = await gateway.listening();
    this.#key ??= await makeCrashKey(url);
    const load = startLoad({ url, key: this.#key.key, name: `${this.#input.name}-${this.#lives++}`, callers });
    let isOver = false;
    while (!isOver && planned.length > 0) isOver = await this.#strike(gateway, planned.shift()!);
    await load.stop();
    for (const [id, wish] of load.asked) this.asked.set(id, wish);
    for (const [id, used] of load.answered) this.answered.set(id, used);
    if (!isOver) gateway.signal('SIGTERM');
    const end = await gateway.ended;
    expect(end).toBe(isOver ? 'SIGKILL' : 0);
  }

  /** One more life, in which nobody dies: everything is to be had again, and what is counted is what was recorded. */
  async reckon(readTotals: () => Promise<{ readonly cost: number; readonly tokens: number }>): Promise<void> {
    const gateway = await this.#start();
    const url = await gateway.listening();
    const { simulator } = this.#input;
    await expectNothingHeld({ url, key: this.#key!, asked: this.asked.size, simulator, readTotals });
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toBe(0);
  }

  async #start(): Promise<GatewayProcess> {
    const { built, env, scene } = this.#input;
    // One for all lives: whoever takes the place of the dead is found where they were.
    if (this.#port === 0) this.#port = await freePort();
    const gateway = await built.start({
      args: ['start', '--config', 'gateway.json', '--workers', String(scene.workers)],
      files: { 'gateway.json': this.#config() },
      env,
      ...(this.#directory !== undefined && { directory: this.#directory }),
    });
    this.#directory = gateway.directory;
    return gateway;
  }

  #config(): string {
    const providers = [{ name: 'only', api_base: `${this.#input.simulator.url}/v1`, api_key: 'sk-upstream' }];
    return JSON.stringify({
      server: { host: '127.0.0.1', port: this.#port, metrics_port: 0 },
      // As many as the key may have: one place that is never given back is missed.
      queue: { max_concurrent: crashKeyPlaces },
      database: { path: 'data/record.db' },
      models: { sim: { pricing, providers } },
    });
  }

  /** Kills; answers whether the gateway is over. */
  async #strike(gateway: GatewayProcess, { attempts, turns, victim }: Kill): Promise<boolean> {
    const { simulator } = this.#input;
    const before = simulator.attemptCount;
    await simulator.waitUntil(() => simulator.attemptCount >= before + attempts, { timeoutMs: 60_000 });
    // Before the instant: to look takes time.
    const children = await childrenOf(gateway.pid);
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
    this.mostCutOff += callers;
    const isWorker = victim === 'worker' && children.length > 0;
    const dying = isWorker ? [children[turns % children.length]!] : [gateway.pid];
    for (const pid of victim === 'everything' ? [gateway.pid, ...children] : dying) kill(pid);
    return !isWorker;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}
