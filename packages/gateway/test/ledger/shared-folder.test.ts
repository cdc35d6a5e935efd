import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BuiltGateway, buildGateway } from '../acceptance/built-gateway.ts';

let built: BuiltGateway;
let simulator: Simulator;
beforeAll(async () => {
  [built, simulator] = await Promise.all([buildGateway(), startSimulator()]);
});
afterAll(async () => {
  await built.remove();
  await simulator.close();
});

const configOf = (database: string): string =>
  JSON.stringify({
    server: { host: '127.0.0.1', port: 0, metrics_port: 0 },
    auth: { mode: 'open' },
    database: { path: database },
    models: { sim: { providers: [{ name: 'only', api_base: `${simulator.url}/v1`, api_key: 'none' }] } },
  });

const start = (database: string, directory?: string) =>
  built.start({
    args: ['start', '--config', `${database}.json`],
    files: { 'one.db.json': configOf('one.db'), 'other.db.json': configOf('other.db') },
    ...(directory !== undefined && { directory }),
  });

it('two gateways with a database each in one folder had the rows of both in both', async () => {
  const first = await start('one.db');
  await first.listening();
  const { directory } = first;
  const second = await start('other.db', directory);
  expect(await second.ended).toBe(1);
  expect(second.stderr()).toContain('A gateway that runs already keeps the rows of another database (one.db)');
  expect(second.stderr()).toContain('`database.path`');

  // Over the same database nothing is wrong, and a folder that nobody uses is free.
  const same = await start('one.db', directory);
  await same.listening();
  same.signal('SIGTERM');
  expect(await same.ended).toBe(0);
  first.signal('SIGKILL');
  await first.ended;
  const next = await start('other.db', directory);
  await next.listening();
  next.signal('SIGTERM');
  expect(await next.ended).toBe(0);
});
