import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/canonical/clock.ts';
import { hasRedisServer, type OwnRedis, startOwnRedis } from '../../src/stores/redis/own-redis.fixture.ts';
import { createSqlAuditStore } from '../../src/stores/sql/audit-store.ts';
import { checkDatabase } from '../../src/stores/sql/check-database.ts';
import { type Database, openDatabase } from '../../src/stores/sql/database.ts';
import { builtInFolder, readMigrations } from '../../src/stores/sql/migrations/migration-folder.ts';
import { Migrator } from '../../src/stores/sql/migrations/migrator.ts';
import { createPostgresPlace, postgresUrl, type TestPlace } from '../../src/stores/sql/test-databases.fixture.ts';
import { type BuiltGateway, buildGateway } from '../acceptance/built-gateway.ts';
import { adminKey } from '../admin/record-gateway.ts';
import { breachesOf, readRows, readTotals, sumsOf } from './crash-law.ts';
import { planKills, type Scene, Story } from './crash-story.ts';

/** Kills over all scenes; `npm run test:crash` does 200. */
const kills = Number(process.env['CRASH_RUNS'] ?? 5);

const scenes: readonly Scene[] = [
  { workers: 1, stores: 'SQLite', kills: Math.round(kills * 0.2) },
  { workers: 2, stores: 'SQLite', kills: Math.round(kills * 0.3) },
  { workers: 2, stores: 'PostgreSQL', kills: Math.round(kills * 0.25) },
  { workers: 2, stores: 'PostgreSQL and Redis', kills: Math.round(kills * 0.25) },
];
const canRun: Readonly<Record<Scene['stores'], boolean>> = {
  SQLite: true,
  PostgreSQL: postgresUrl !== undefined,
  'PostgreSQL and Redis': postgresUrl !== undefined && hasRedisServer,
};

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

describe.each(scenes)('a gateway of $workers worker(s) over $stores, killed $kills times under load', (scene) => {
  const { stores, kills: count, workers } = scene;
  let place: TestPlace | undefined;
  let redis: OwnRedis | undefined;
  afterAll(async () => {
    await place?.drop();
    await redis?.close();
  });

  it.runIf(canRun[stores])(
    'has one row for each exchange, which costs what was served, and holds nothing of the dead',
    async () => {
      if (stores !== 'SQLite') place = await createPostgresPlace(postgresUrl!);
      if (stores === 'PostgreSQL and Redis') redis = await startOwnRedis();
      const env = {
        ADMIN_KEY: adminKey,
        ...(place !== undefined && 'url' in place.location && { DATABASE_URL: place.location.url }),
        ...(redis !== undefined && { REDIS_URL: redis.url }),
      };
      const name = `${stores.replaceAll(' ', '')}-${workers}`;
      const story = new Story({ scene, name, built, simulator, env });
      const planned = planKills(scene);
      while (planned.length > 0) await story.live(planned);
      const open = () =>
        openDatabase({
          location: place?.location ?? { file: join(story.directory, 'data/record.db') },
          clock: systemClock,
        });
      const watching = await open();
      await story.reckon(() => readTotals(watching));
      await watching.close();
      expect(await readdir(join(story.directory, 'data/ledger'))).toEqual([]);

      const database = await open();
      const rows = await readRows(database, `${name}-`);
      expect(breachesOf(rows, story)).toEqual([]);
      const sums = sumsOf(rows, story);
      console.log(`${count} kills, ${workers} worker(s), ${stores}:`, { ...sums, answered: story.answered.size });
      expect(sums.cost).toBe(sums.servedCost);
      expect(sums.completed).toBeGreaterThan(count);
      await expectSound(database);
      await database.close();
    },
    120_000 + count * 30_000,
  );
});
