import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type AttemptRecord, type Simulator, startSimulator } from '@llm-gateway/simulator';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/canonical/clock.ts';
import { createSqlAuditStore } from '../../src/stores/sql/audit-store.ts';
import { checkDatabase } from '../../src/stores/sql/check-database.ts';
import { type Database, type DatabaseLocation, openDatabase } from '../../src/stores/sql/database.ts';
import { builtInFolder, readMigrations } from '../../src/stores/sql/migrations/migration-folder.ts';
import { Migrator } from '../../src/stores/sql/migrations/migrator.ts';
import { createPostgresPlace, postgresUrl, type TestPlace } from '../../src/stores/sql/test-databases.fixture.ts';
import { type BuiltGateway, buildGateway, type GatewayProcess } from '../acceptance/built-gateway.ts';
import { call } from '../acceptance/caller.ts';
import { childrenOf, freePort } from '../workers/fleet.ts';
import { type Answered, ask, startLoad, type Wish } from './crash-callers.ts';
import { breachesOf, type History, pricing, readRows, sumsOf } from './crash-law.ts';

/** Kills over all scenes; `npm run test:crash` does 200. */
const kills = Number(process.env['CRASH_RUNS'] ?? 5);
const callers = 8;
const adminKey = 'my-secret-admin-key';

interface Scene {
  readonly workers: number;
  readonly dialect: 'SQLite' | 'PostgreSQL';
  readonly kills: number;
}

const scenes: readonly Scene[] = [
  { workers: 1, dialect: 'SQLite', kills: Math.round(kills * 0.25) },
  { workers: 2, dialect: 'SQLite', kills: Math.round(kills * 0.45) },
  { workers: 2, dialect: 'PostgreSQL', kills: Math.round(kills * 0.3) },
];

/** Who dies, and when: after so many attempts of this life, and so many turns of this process's event loop. */
interface Kill {
  readonly victim: 'worker' | 'primary' | 'everything';
  readonly attempts: number;
  readonly turns: number;
}

/** Whoever dies in turn; a gateway outlives its workers. */
const victims = ['worker', 'everything', 'worker', 'worker', 'primary'] as const;

function plan({ kills: count, workers }: Scene): Kill[] {
  const moment = fc.record({ attempts: fc.integer({ min: 5, max: 120 }), turns: fc.nat({ max: 40 }) });
  return fc.sample(moment, { numRuns: count, seed: 5 + workers }).map((when, index) => ({
    ...when,
    victim: workers === 1 ? 'everything' : victims[index % victims.length]!,
  }));
}

let built: BuiltGateway;
let simulator: Simulator;
beforeEach(() => simulator.behave(undefined));
beforeAll(async () => {
  [built, simulator] = await Promise.all([
    buildGateway(),
    startSimulator({ tokenGapMs: 1, firstTokenMs: 1, keepAttempts: 1_000_000 }),
  ]);
});
afterAll(async () => {
  await built.remove();
  await simulator.close();
});

const configOf = (port: number): string =>
  JSON.stringify({
    server: { host: '127.0.0.1', port, metrics_port: 0 },
    // As many as there are callers: one place that is never given back is missed.
    queue: { max_concurrent: callers },
    database: { path: 'data/record.db' },
    models: {
      sim: { pricing, providers: [{ name: 'only', api_base: `${simulator.url}/v1`, api_key: 'sk-upstream' }] },
    },
  });

/** One gateway over all its lives, and what became of what it was asked. */
class Story implements History {
  readonly asked = new Map<string, Wish>();
  readonly answered = new Map<string, Answered>();
  mostCutOff = 0;
  #directory: string | undefined;
  #key: string | undefined;
  #lives = 0;
  #port = 0;
  readonly #name: string;
  readonly #scene: Scene;
  readonly #env: Readonly<Record<string, string>>;

  constructor(scene: Scene, name: string, env: Readonly<Record<string, string>>) {
    this.#scene = scene;
    this.#name = name;
    this.#env = { ADMIN_KEY: adminKey, ...env };
  }

  get directory(): string {
    return this.#directory!;
  }

  get served(): readonly AttemptRecord[] {
    return simulator.attempts.filter(({ headers }) => String(headers['x-request-id']).startsWith(`${this.#name}-`));
  }

  /** Lives under load until something is killed that ends it, or nothing is left to be killed; answers whether it ended well. */
  async live(planned: Kill[]): Promise<boolean> {
    const gateway = await this.#start();
    const url = await gateway.listening();
    this.#key ??= await createKey(url);
    const load = startLoad({ url, key: this.#key, name: `${this.#name}-${this.#lives++}`, callers });
    let isOver = false;
    while (!isOver && planned.length > 0) isOver = await this.#strike(gateway, planned.shift()!);
    await load.stop();
    for (const [id, wish] of load.asked) this.asked.set(id, wish);
    for (const [id, used] of load.answered) this.answered.set(id, used);
    if (!isOver) await this.#expectNothingStuck(url);
    if (!isOver) gateway.signal('SIGTERM');
    const end = await gateway.ended;
    expect(end).toBe(isOver ? 'SIGKILL' : 0);
    return !isOver;
  }

  async #start(): Promise<GatewayProcess> {
    // One for all lives: whoever takes the place of the dead is found where they were.
    if (this.#port === 0) this.#port = await freePort();
    const gateway = await built.start({
      args: ['start', '--config', 'gateway.json', '--workers', String(this.#scene.workers)],
      files: { 'gateway.json': configOf(this.#port) },
      env: this.#env,
      ...(this.#directory !== undefined && { directory: this.#directory }),
    });
    this.#directory = gateway.directory;
    return gateway;
  }

  /** Kills; answers whether the gateway is over. */
  async #strike(gateway: GatewayProcess, { attempts, turns, victim }: Kill): Promise<boolean> {
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

  /** Every place is to be had: in the queue, and of the key. */
  async #expectNothingStuck(url: string): Promise<void> {
    const leaving = new AbortController();
    const small = { words: 1, tokens: 1, stream: false };
    // Where its last workers have just died, nobody listens for a moment.
    const one = () => ask({ url, key: this.#key!, id: 'stuck', wish: small }).catch(() => undefined);
    await vi.waitFor(async () => expect(await one()).toBeDefined(), { timeout: 30_000 });
    const before = simulator.attemptCount;
    simulator.behave({ kind: 'hang', when: 'before-headers' });
    const asks = Array.from({ length: callers }, (_, place) =>
      ask({ url, key: this.#key!, id: `stuck-${place}`, wish: small, signal: leaving.signal }),
    );
    const ends = Promise.allSettled(asks);
    await simulator.waitUntil(() => simulator.attemptCount === before + callers, { timeoutMs: 15_000 });
    leaving.abort();
    await ends;
    simulator.behave(undefined);
    const queue = async () => {
      const health = await (await fetch(`${url}/health?detailed=true`)).json();
      return (health as { components: { queue: unknown } }).components.queue;
    };
    await vi.waitFor(async () => expect(await queue()).toEqual({ in_flight: 0, queued: 0 }), { timeout: 10_000 });
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}

async function createKey(url: string): Promise<string> {
  const wanted = { name: 'crash', max_concurrent: callers };
  const reply = await call(url, wanted, { path: '/admin/keys', key: adminKey });
  return ((await reply.json()) as { key: string }).key;
}

async function expectSound(database: Database): Promise<void> {
  const migrations = await readMigrations([builtInFolder()]);
  const migrator = new Migrator({ database, clock: systemClock, migrations });
  const checks = await checkDatabase({
    database,
    migrator,
    audit: createSqlAuditStore({ database, clock: systemClock }),
  });
  expect(checks.filter(({ isGood }) => !isGood)).toEqual([]);
  expect(checks.length).toBeGreaterThan(2);
  // The sums that reports are made of are those of the rows.
  const [rows] = await database.all('SELECT COUNT(*) AS requests, SUM(cost_nanos) AS cost FROM usage_records');
  const sums = await database.all(
    'SELECT SUM(requests) AS requests, SUM(cost_nanos) AS cost FROM usage_rollups GROUP BY width',
  );
  expect(sums).toEqual(sums.map(() => rows));
}

describe.each(scenes)('a gateway of $workers worker(s) over $dialect, killed $kills times under load', (scene) => {
  const { dialect, kills: count, workers } = scene;
  let place: TestPlace | undefined;
  afterAll(() => place?.drop());

  it.runIf(dialect === 'SQLite' || postgresUrl !== undefined)(
    'has one row for each exchange, and the row costs what was served',
    async () => {
      if (dialect === 'PostgreSQL') place = await createPostgresPlace(postgresUrl!);
      const server = place !== undefined && 'url' in place.location ? { DATABASE_URL: place.location.url } : {};
      const name = `${dialect}-${workers}`;
      const story = new Story(scene, name, server);
      const planned = plan(scene);
      // The last life takes what the dead have left behind.
      let endedWell = false;
      while (!endedWell) endedWell = await story.live(planned);
      expect(await readdir(join(story.directory, 'data/ledger'))).toEqual([]);

      const location: DatabaseLocation = place?.location ?? { file: join(story.directory, 'data/record.db') };
      const database = await openDatabase({ location, clock: systemClock });
      const rows = await readRows(database, `${name}-`);
      expect(breachesOf(rows, story)).toEqual([]);
      const sums = sumsOf(rows, story);
      console.log(`${count} kills, ${workers} worker(s), ${dialect}:`, { ...sums, answered: story.answered.size });
      expect(sums.cost).toBe(sums.servedCost);
      expect(sums.completed).toBeGreaterThan(count);
      await expectSound(database);
      await database.close();
    },
    60_000 + count * 15_000,
  );
});
