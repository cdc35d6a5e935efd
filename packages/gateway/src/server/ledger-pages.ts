import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Clock } from '../canonical/clock.ts';
import { GatewayError } from '../canonical/gateway-error.ts';
import type { GatewayRecord } from '../record/gateway-record.ts';
import { exportUsage, hasLostRows } from '../stores/sql/ledger-export.ts';
import { createLedgerReports, type LedgerReports } from '../stores/sql/ledger-reports.ts';
import { defaultRetention, floorsOf } from '../stores/sql/ledger-retention.ts';
import { asStore } from '../stores/sql/store-error.ts';
import type { Log } from '../telemetry/telemetry.ts';
import { readExportQuery, readLatencyQuery, readUsageQuery } from './report-queries.ts';

/** Where reports come from. */
export interface LedgerSource {
  readonly clock: Pick<Clock, 'wallNow'>;
  readonly log: Log;
  /** Undefined: none is kept, and there is nothing to report. */
  readonly record?: Pick<GatewayRecord, 'database' | 'isReady'> | undefined;
}

/** Reports by page. They throw GatewayError: `invalid_request` for what cannot be asked, `store_unavailable` without a record. */
export const ledgerPages = {
  cost_report: (source: LedgerSource, query: URLSearchParams) =>
    report(source, (reports) => reports.cost(readUsageQuery(query, 'breakdown'))),
  latency_report: (source: LedgerSource, query: URLSearchParams) =>
    report(source, (reports) => reports.latency(readLatencyQuery(query))),
  token_report: (source: LedgerSource, query: URLSearchParams) =>
    report(source, (reports) => reports.tokens(readUsageQuery(query, 'detailed'))),
} as const;

async function report<Report>(source: LedgerSource, ask: (reports: LedgerReports) => Promise<Report>): Promise<Report> {
  const reports = createLedgerReports({
    database: databaseOf(source),
    clock: source.clock,
    retention: defaultRetention,
  });
  try {
    return await asStore(() => ask(reports));
  } catch (error) {
    // What else could be out of range was looked at before.
    if (error instanceof RangeError) throw new GatewayError('invalid_request', error.message, { param: 'window' });
    throw error;
  }
}

/**
 * Sends the rows of requests as they are read. Throws GatewayError before anything was sent; what fails after that
 * breaks the connection, so that nobody takes a part for the whole.
 */
export async function sendUsageExport(
  source: LedgerSource,
  query: URLSearchParams,
  response: ServerResponse,
  headers: readonly string[],
): Promise<void> {
  const now = source.clock.wallNow();
  const ask = readExportQuery(query, now);
  const database = databaseOf(source);
  const floors = floorsOf(defaultRetention, now);
  if (ask.from < floors.rows && (await asStore(() => hasLostRows(database, ask, floors)))) throw goneRows(floors.rows);
  const pieces = exportUsage(database, ask);
  // The first piece is a head that needs no database; the second shows whether there is one.
  const first = await pieces.next();
  const second = await asStore(() => pieces.next());
  const disposition = `attachment; filename="usage.${ask.format}"`;
  response.writeHead(200, ['content-type', types[ask.format], 'content-disposition', disposition, ...headers]);
  try {
    if (response.req.method !== 'HEAD') {
      await send(response, `${first.value ?? ''}${second.value ?? ''}`);
      if (second.done !== true) for await (const piece of pieces) await send(response, piece);
    }
    response.end();
  } catch (error) {
    if (!response.destroyed) source.log.warn('record', `An export was cut short: ${String(error)}`);
    response.destroy();
  } finally {
    await pieces.return(undefined);
  }
}

/** What is left would pass for everything. */
function goneRows(floor: number): GatewayError {
  const message =
    `\`from\` is earlier than rows are kept; all of them are there from ${new Date(floor).toISOString()} on. Ask from then, ` +
    'and for reports, which have sums of what was before.';
  return new GatewayError('invalid_request', message, { param: 'from' });
}

const types = {
  csv: 'text/csv; charset=utf-8',
  json: 'application/json',
  jsonl: 'application/jsonl',
} as const;

/** Waits where the reader is slower than the database. Throws when it has gone. */
async function send(response: ServerResponse, piece: string): Promise<void> {
  if (response.destroyed) throw new GatewayError('client_closed', 'The caller has gone.');
  if (piece === '' || response.write(piece)) return;
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  response.once('close', leave);
  try {
    await once(response, 'drain', { signal: gone.signal });
  } finally {
    response.off('close', leave);
  }
}

function databaseOf({ record }: LedgerSource): GatewayRecord['database'] {
  if (record === undefined) {
    const message =
      'No record is kept to report from. Start the gateway again with ADMIN_KEY or DATABASE_URL, or with ' +
      '`database.url` or `database.path` in its configuration.';
    throw new GatewayError('store_unavailable', message);
  }
  if (!record.isReady) {
    const message = 'The record has not been reached since the start. Try again in a moment; the log tells why.';
    throw new GatewayError('store_unavailable', message, { retryAfterMs: 1_000 });
  }
  return record.database;
}
