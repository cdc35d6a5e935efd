import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { systemClock } from '../../canonical/clock.ts';
import type { DatabaseLocation } from './database.ts';
import { osUser } from './postgres/postgres-url.ts';

/** A place for a database that nobody else uses, and its end. */
export interface TestPlace {
  readonly location: DatabaseLocation;
  readonly drop: () => Promise<void>;
}

/** A kind of database that tests run on. */
export interface TestDialect {
  readonly name: string;
  /** Makes an empty one. */
  readonly create: () => Promise<TestPlace>;
}

/** The server for tests: the one that is named, or the one that runs on this machine; undefined where there is none. */
export const postgresUrl: string | undefined = await findPostgres();

/** The kinds of databases that can be had here. Without a server, PostgreSQL is left out, and said to be. */
export const testDialects: readonly TestDialect[] = [
  { name: 'SQLite', create: createSqlitePlace },
  ...(postgresUrl === undefined ? [] : [{ name: 'PostgreSQL', create: () => createPostgresPlace(postgresUrl) }]),
];

if (postgresUrl === undefined) {
  console.warn('PostgreSQL is not tested: no server answers. Name one in TEST_DATABASE_URL or DATABASE_URL.');
}

async function createSqlitePlace(): Promise<TestPlace> {
  const folder = mkdtempSync(join(tmpdir(), 'llm-gateway-db-'));
  return {
    location: { file: join(folder, 'record.db') },
    drop: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A database of its own on a server. */
export async function createPostgresPlace(server: string): Promise<TestPlace> {
  const name = `llm_gateway_test_${randomUUID().replaceAll('-', '')}`;
  await onServer(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { location: { url: url.href }, drop: () => onServer(server, `DROP DATABASE ${name} WITH (FORCE)`) };
}

async function onServer(server: string, sql: string): Promise<void> {
  pg.defaults.user ??= osUser();
  const client = new pg.Client({ connectionString: server, connectionTimeoutMillis: 2_000 });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function findPostgres(): Promise<string | undefined> {
  const { TEST_DATABASE_URL, DATABASE_URL } = process.env;
  const named = [TEST_DATABASE_URL, DATABASE_URL].find((url) => url?.startsWith('postgres'));
  // What is named has to answer; what only may be there may be absent.
  if (named !== undefined) return named;
  for (const url of ['postgres://127.0.0.1:5432/test', 'postgres://postgres@127.0.0.1:5432/postgres']) {
    const isThere = await onServer(url, 'SELECT 1').then(
      () => true,
      () => false,
    );
    if (isThere) return url;
  }
  return undefined;
}

/** The settings of a database in a test: the time is the machine's, for the server's is as well. */
export const testSettings = { clock: systemClock, timeoutMs: 10_000 };
