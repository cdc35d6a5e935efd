import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { Database } from '../stores/sql/database.ts';
import { SqlError } from '../stores/sql/sql-error.ts';
import type { Log } from '../telemetry/telemetry.ts';
import { ledgerPages, sendUsageExport } from './ledger-pages.ts';

const clock = { wallNow: () => Date.UTC(2026, 0, 2) };
const warnings: string[] = [];
const log = { warn: (_target, message) => void warnings.push(message) } as Log;
const page = Array.from({ length: 1_000 }, (_, sequence) => ({ sequence, spool_id: 1, ended_at: 0, cost_nanos: null }));

/** A source whose database gives so many pages of rows, then breaks. */
function breakingAfter(pages: number) {
  let asked = 0;
  const report = () =>
    asked++ < pages ? Promise.resolve(page) : Promise.reject(new SqlError('unavailable', 'The server went away.'));
  return { clock, log, record: { isReady: true, database: { report } as unknown as Database } };
}

let server: Server | undefined;
afterEach(() => {
  server?.close();
  warnings.length = 0;
});

/** Serves an export; what it throws becomes a status, as the gateway does it. */
async function serve(source: ReturnType<typeof breakingAfter>): Promise<string> {
  const started = createServer((_request, response) => {
    sendUsageExport(source, new URLSearchParams('format=jsonl'), response, []).catch((error: { status: number }) =>
      response.writeHead(error.status).end(),
    );
  });
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
}

it('refuses an export whose first rows cannot be read', async () => {
  const response = await fetch(await serve(breakingAfter(0)));
  expect(response.status).toBe(503);
});

it('breaks the connection of an export that cannot go on', async () => {
  const response = await fetch(await serve(breakingAfter(2)));
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow();
  expect(warnings).toEqual([expect.stringContaining('The server went away.')]);
});

it.each(Object.entries(ledgerPages))('%s is unavailable while the record is', async (_name, report) => {
  const { record } = breakingAfter(0);
  const query = new URLSearchParams();
  await expect(report({ clock, log, record }, query)).rejects.toMatchObject({ kind: 'store_unavailable' });
  const unready = { ...record, isReady: false };
  await expect(report({ clock, log, record: unready }, query)).rejects.toThrow(/has not been reached/);
  await expect(report({ clock, log }, query)).rejects.toThrow(/ADMIN_KEY or DATABASE_URL/);
});
