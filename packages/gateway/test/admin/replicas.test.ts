import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { builtInFolder, readMigrations } from '../../src/stores/sql/migrations/migration-folder.ts';
import { createPostgresPlace, postgresUrl, type TestPlace } from '../../src/stores/sql/test-databases.fixture.ts';
import { type BuiltGateway, buildGateway } from '../acceptance/built-gateway.ts';
import { call, hello } from '../acceptance/caller.ts';

const adminKey = 'my-secret-admin-key';

let built: BuiltGateway;
let simulator: Simulator;
beforeAll(async () => {
  [built, simulator] = await Promise.all([buildGateway(), startSimulator({ tokens: 1 })]);
});
afterAll(async () => {
  await built.remove();
  await simulator.close();
});

/** A file that is not there yet, in a folder that is. */
async function createFilePlace(): Promise<TestPlace> {
  const folder = await mkdtemp(join(tmpdir(), 'replicas-'));
  const drop = () => rm(folder, { recursive: true, force: true });
  return { location: { file: join(folder, 'record.db') }, drop };
}

const dialects = [
  { name: 'SQLite', isThere: true, create: createFilePlace },
  { name: 'PostgreSQL', isThere: postgresUrl !== undefined, create: () => createPostgresPlace(postgresUrl!) },
];

describe.each(dialects)('two gateways over one empty $name', ({ create, isThere }) => {
  it.runIf(isThere)(
    'start at the same time, and what one is told the other knows',
    async () => {
      const place = await create();
      const { location } = place;
      const providers = [{ name: 'only', api_base: `${simulator.url}/v1`, api_key: 'sk-upstream' }];
      const config = {
        server: { host: '127.0.0.1', port: 0, metrics_port: 0 },
        models: { sim: { providers } },
        ...('file' in location && { database: { path: location.file } }),
      };
      const gateways = await Promise.all(
        [1, 2].map(() =>
          built.start({
            args: ['start', '--config', 'gateway.json'],
            files: { 'gateway.json': JSON.stringify(config) },
            env: { ADMIN_KEY: adminKey, ...('url' in location && { DATABASE_URL: location.url }) },
          }),
        ),
      );
      const [one, other] = await Promise.all(gateways.map((gateway) => gateway.listening()));
      // Each of the migrations ran in one of them.
      const ran = () =>
        gateways.flatMap((gateway) => /brought up to date: ([^"]+)/.exec(gateway.stdout())?.[1]?.split(', ') ?? []);
      const all = (await readMigrations([builtInFolder()])).map(({ name }) => name);
      await vi.waitFor(() => expect(ran().sort()).toEqual(all), { timeout: 10_000 });
      const made = await call(one!, { name: 'shared' }, { path: '/admin/keys', key: adminKey });
      const { key } = (await made.json()) as { key: string };
      const chat = (url: string) => call(url, { model: 'sim', messages: hello }, { key });
      expect((await chat(one!)).status).toBe(200);
      await vi.waitFor(async () => expect((await chat(other!)).status).toBe(200), { timeout: 10_000 });
      for (const gateway of gateways) gateway.signal('SIGTERM');
      expect(await Promise.all(gateways.map(({ ended }) => ended))).toEqual([0, 0]);
      await place.drop();
    },
    90_000,
  );
});
