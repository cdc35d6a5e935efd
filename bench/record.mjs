import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { repository } from './repository.mjs';
import { DATABASE } from './subject-files.mjs';

/** What operators are known by; as an environment variable of the gateway. */
export const ADMIN_KEY = 'bench-admin-key-of-operators';

/** Far above what a run comes to, so that everything is counted and nothing refused. */
const LIMIT = 1_000_000_000;
const CAP_DOLLARS = 1_000_000;
const POLL_MS = 20;
const RECORD_LIMIT_MS = 60_000;

/**
 * Makes a key with limits of its own, for a team and a tenant that have some as well; hard and soft budgets hold for all
 * three. Answers the key.
 * @param {number} port
 * @returns {Promise<string>}
 */
export async function makeRecordedKey(port) {
  const post = async (/** @type {string} */ path, /** @type {object} */ body) => {
    const response = await fetch(`http://127.0.0.1:${port}/admin/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (response.status !== 201) throw new Error(`/admin/${path} answered ${response.status}: ${text}`);
    return /** @type {Record<string, string>} */ (JSON.parse(text));
  };
  const quotas = { requests_per_minute: LIMIT, tokens_per_minute: LIMIT, max_concurrent: LIMIT };
  const { id: organisation_id } = await post('organisations', { name: 'bench' });
  const { id: team_id } = await post('teams', { name: 'bench', organisation_id });
  const { id: tenant_id } = await post('tenants', {
    id: 'bench',
    name: 'bench',
    organisation_id,
    settings: { quotas },
  });
  const { id, key } = await post('keys', { name: 'bench', team_id, tenant_id, ...quotas });
  const budgets = [
    { scope: 'key', scope_id: id, period: 'day', is_hard: true },
    { scope: 'key', scope_id: id, period: 'month', is_hard: false },
    { scope: 'team', scope_id: team_id, period: 'week', is_hard: true },
    { scope: 'tenant', scope_id: tenant_id, period: 'month', is_hard: true },
  ];
  for (const [index, budget] of budgets.entries()) {
    await post('budgets', { name: `bench ${index + 1}`, cap_usd: CAP_DOLLARS, ...budget });
  }
  if (key === undefined) throw new Error('The key that was made was not told.');
  return key;
}

/** The ledger of a gateway, read from its database. */
export class RecordedRows {
  /** @param {() => Promise<number>} count of rows */
  constructor(count) {
    this.count = count;
  }

  /**
   * Waits until there are so many rows, so that bringing them there is counted for the requests that they are of; no
   * longer than a minute.
   * @param {number} rows
   */
  async until(rows) {
    const endsAt = performance.now() + RECORD_LIMIT_MS;
    while ((await this.count()) < rows && performance.now() < endsAt) await delay(POLL_MS);
  }
}

/** @param {string} directory the working directory of the gateway */
export async function embeddedRows(directory) {
  const SqliteFile = /** @type {typeof import('libsql')} */ (ofGateway('libsql'));
  const database = new SqliteFile(join(directory, DATABASE));
  // No row is deleted within the hour, so the last one's is their number, and found at once.
  const read = database.prepare('SELECT MAX(rowid) AS count FROM usage_rows');
  return new RecordedRows(async () => Number(/** @type {{ count: number | null }} */ (read.get()).count ?? 0));
}

/**
 * Those that come from now on.
 * @param {string} url
 */
export async function postgresRows(url) {
  const { Client } = /** @type {typeof import('pg')} */ (ofGateway('pg'));
  const client = new Client(url);
  await client.connect();
  const count = async () => Number((await client.query('SELECT COUNT(*) AS count FROM usage_rows')).rows[0].count);
  const before = await count();
  return new RecordedRows(async () => (await count()) - before);
}

/** @param {string} name of a library of the gateway's */
function ofGateway(name) {
  return createRequire(join(repository, 'packages/gateway/package.json'))(name);
}
