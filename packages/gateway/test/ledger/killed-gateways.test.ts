import { request } from 'node:http';
import { join } from 'node:path';
import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/canonical/clock.ts';
import { openDatabase } from '../../src/stores/sql/database.ts';
import { type BuiltGateway, buildGateway, type GatewayProcess } from '../acceptance/built-gateway.ts';

/** Kills for each number of workers; more with CRASH_RUNS. */
const runs = Number(process.env['CRASH_RUNS'] ?? 2);
const longest = 60_000 + runs * 20_000;

let built: BuiltGateway;
let simulator: Simulator;
beforeAll(async () => {
  [built, simulator] = await Promise.all([buildGateway(), startSimulator({ tokens: 3, keepAttempts: 100_000 })]);
});
afterAll(async () => {
  await built.remove();
  await simulator.close();
});

const configOf = (): string =>
  JSON.stringify({
    server: { host: '127.0.0.1', port: 0, metrics_port: 0 },
    auth: { mode: 'open' },
    database: { path: 'data/record.db' },
    models: {
      sim: {
        pricing: { input: 1, output: 2 },
        providers: [{ name: 'only', api_base: `${simulator.url}/v1`, api_key: 'sk-upstream' }],
      },
    },
  });

const callersAtOnce = 8;

interface Load {
  /** Ids of requests whose whole answer has come. */
  readonly answered: ReadonlySet<string>;
  stop(): Promise<void>;
}

/** Callers who ask one after the other until they are told to stop, whatever becomes of what they ask. */
function load(url: string, name: string): Load {
  const answered = new Set<string>();
  let isOver = false;
  const caller = async (place: number): Promise<void> => {
    for (let number = 0; !isOver; number++) {
      const id = `${name}-${place}-${number}`;
      if (await ask(url, id).catch(() => false)) answered.add(id);
    }
  };
  const callers = Array.from({ length: callersAtOnce }, (_, place) => caller(place));
  return {
    answered,
    async stop() {
      isOver = true;
      await Promise.all(callers);
    },
  };
}

function ask(url: string, id: string): Promise<boolean> {
  const body = JSON.stringify({ model: 'sim', messages: [{ role: 'user', content: 'Hello!' }] });
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'x-request-id': id };
    const sent = request(`${url}/v1/chat/completions`, { method: 'POST', headers }, (reply) => {
      reply
        .on('error', reject)
        .on('end', () => resolve(reply.statusCode === 200))
        .resume();
    });
    sent.on('error', reject).end(body);
  });
}

async function start(directory: string | undefined, workers: number): Promise<GatewayProcess> {
  return built.start({
    args: ['start', '--config', 'gateway.json', '--workers', String(workers)],
    files: { 'gateway.json': configOf() },
    ...(directory !== undefined && { directory }),
  });
}

interface Recorded {
  readonly request_id: string;
  readonly outcome: string;
  readonly count: number;
}

describe.each([1, 2])('a gateway of %d worker(s) that is killed under load', (workers) => {
  it(
    'has one row for each request that was answered, and none twice',
    async () => {
      const moments = fc.sample(fc.integer({ min: 20, max: 400 }), { numRuns: runs, seed: 5 });
      const expected = new Set<string>();
      let directory: string | undefined;
      for (const [run, afterMs] of moments.entries()) {
        const gateway = await start(directory, workers);
        directory = gateway.directory;
        const callers = load(await gateway.listening(), `w${workers}-${run}`);
        const before = simulator.attemptCount;
        await simulator.waitUntil(() => simulator.attemptCount > before + afterMs);
        gateway.signal('SIGKILL');
        await callers.stop();
        await gateway.ended;
        for (const id of callers.answered) expected.add(id);
      }
      // The next start takes what the dead have left behind, and a good end leaves nothing.
      const last = await start(directory, workers);
      await last.listening();
      last.signal('SIGTERM');
      expect(await last.ended).toBe(0);

      const database = await openDatabase({
        location: { file: join(directory!, 'data/record.db') },
        clock: systemClock,
      });
      const rows = await database.all<Recorded>(
        'SELECT request_id, MIN(outcome) AS outcome, COUNT(*) AS count FROM usage_records GROUP BY request_id',
        [],
      );
      const sums = await database.all<{ readonly total: number }>('SELECT COUNT(*) AS total FROM usage_attempts', []);
      await database.close();
      expect(rows.filter(({ count }) => count !== 1)).toEqual([]);
      const outcomes = new Map(rows.map(({ request_id, outcome }) => [request_id, outcome]));
      expect([...expected].filter((id) => !outcomes.has(id))).toEqual([]);
      // An answer may be out when the process dies, and its end not written down: then its row says that it was interrupted.
      const interrupted = [...expected].filter((id) => outcomes.get(id) !== 'completed');
      expect(interrupted.length).toBeLessThanOrEqual(runs * callersAtOnce);
      // Whom the provider served and the caller never heard of is there as well: each attempt at most once.
      const served = simulator.attempts.filter(({ headers }) =>
        String(headers['x-request-id']).startsWith(`w${workers}-`),
      ).length;
      expect(sums[0]!.total).toBeGreaterThanOrEqual(served);
    },
    longest,
  );
});
