import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/canonical/clock.ts';
import { openDatabase } from '../../src/stores/sql/database.ts';
import { type BuiltGateway, buildGateway } from '../acceptance/built-gateway.ts';
import { textOf } from '../acceptance/caller.ts';
import { freePort, openChat } from '../workers/fleet.ts';
import { startLoad } from './crash-callers.ts';
import { breachesOf, pricing, readRows, sumsOf } from './crash-law.ts';

const callers = 8;

let built: BuiltGateway;
let simulator: Simulator;
beforeAll(async () => {
  const pace = { tokenGapMs: 20, firstTokenMs: 20, keepAttempts: 100_000 };
  [built, simulator] = await Promise.all([buildGateway(), startSimulator(pace)]);
});
afterAll(async () => {
  await built.remove();
  await simulator.close();
});

const configOf = (metricsPort: number): string => {
  const providers = [{ name: 'only', api_base: `${simulator.url}/v1`, api_key: 'sk-upstream' }];
  return JSON.stringify({
    server: { host: '127.0.0.1', port: 0, metrics_port: metricsPort, drain_seconds: 4 },
    auth: { mode: 'open' },
    database: { path: 'data/record.db' },
    models: { sim: { pricing, providers }, 'sim?gap=600000': { pricing, providers } },
  });
};

async function isReady(metricsPort: number): Promise<boolean> {
  const { status } = await fetch(`http://127.0.0.1:${metricsPort}/ready`);
  return status === 200;
}

it.each([1, 2])(
  'SIGTERM to %d worker(s) under load: not ready at once, every answer has its end, every exchange its row, exit 0',
  async (workers) => {
    const metricsPort = await freePort();
    const gateway = await built.start({
      args: ['start', '--config', 'gateway.json', '--workers', String(workers)],
      files: { 'gateway.json': configOf(metricsPort) },
    });
    const url = await gateway.listening();
    simulator.reset();
    // One that outlasts the drain, and many that do not.
    const endless = await openChat(url, { model: 'sim?gap=600000', stream: true });
    const load = startLoad({ url, key: 'any', name: `w${workers}`, callers });
    await simulator.waitUntil(() => simulator.attemptCount > 5 * callers, { timeoutMs: 60_000 });
    expect(await isReady(metricsPort)).toBe(true);

    gateway.signal('SIGTERM');
    await gateway.waitForOutput('Stopping on SIGTERM');
    expect(await isReady(metricsPort)).toBe(false);
    await load.stop();
    const text = await textOf(endless);
    expect(text).toContain('"code":"shutting_down"');
    expect(text).not.toContain('[DONE]');
    expect(await gateway.ended).toBe(0);

    expect(await readdir(join(gateway.directory, 'data/ledger'))).toEqual([]);
    const location = { file: join(gateway.directory, 'data/record.db') };
    const database = await openDatabase({ location, clock: systemClock });
    const rows = await readRows(database, `w${workers}-`);
    const [cut] = await database.all(
      `SELECT outcome, failure, attempts FROM usage_records WHERE request_id NOT LIKE 'w%'`,
    );
    await database.close();
    const served = simulator.attempts.filter(({ headers }) => String(headers['x-request-id']).startsWith('w'));
    const history = { ...load, served, mostCutOff: 0 };
    expect(breachesOf(rows, history)).toEqual([]);
    // Nobody was cut off: whoever was served had the whole answer.
    expect(load.answered.size).toBe(served.length);
    const { cost, servedCost } = sumsOf(rows, history);
    expect(cost).toBe(servedCost);
    expect(cut).toMatchObject({ failure: 'shutting_down', attempts: 1 });
    await vi.waitFor(() => expect(simulator.attempts.every(({ outcome }) => outcome !== undefined)).toBe(true));
  },
  120_000,
);
