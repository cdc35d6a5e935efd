import { randomBytes } from 'node:crypto';
import { dirname, join, relative, resolve } from 'node:path';
import type { Clock } from '../canonical/clock.ts';
import type { DatabaseConfig, SpoolConfig } from '../config/gateway-config.ts';
import { claimFolder, type FolderClaimInput } from '../ledger/folder-claim.ts';
import { createLedger, defaultLedgerLimits, type Ledger, type LedgerLimits } from '../ledger/ledger.ts';
import { createLedgerNotices } from '../ledger/ledger-notices.ts';
import { createSpoolOwners } from '../ledger/spool-owner.ts';
import { defaultRetention, pruneLedger } from '../stores/sql/ledger-retention.ts';
import { createSqlLedgerStore } from '../stores/sql/ledger-store.ts';
import type { Log } from '../telemetry/telemetry.ts';
import type { GatewayRecord } from './gateway-record.ts';
import { asConfigError, placeOf } from './open-record.ts';
import { startRounds } from './start-rounds.ts';

export interface OpenLedgerInput {
  /** Undefined: nothing is recorded. */
  readonly record: GatewayRecord | undefined;
  readonly config: DatabaseConfig | undefined;
  /** Where relative paths begin. */
  readonly workingDirectory: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether this process serves requests, brings what is written to the database, or both. */
  readonly role: 'single' | 'worker' | 'primary';
}

/** A ledger that is open, and how it is closed. */
export interface OpenLedger {
  readonly ledger: Ledger;
  /** After the last exchange, before the record is closed. */
  readonly close: () => Promise<void>;
}

/** Files that fit into a spool at least: each process has one that is written, and only whole ones can be given up. */
const MIN_SEGMENTS = 64;
/** Milliseconds that the last rows may take to the database; what it does not take then it gets after the next start. */
const STOP_MS = 5_000;

/**
 * Opens the ledger beside the record. Its files lie in the folder of the embedded database, wherever the rows go. Throws
 * ConfigError where another gateway uses that folder for another database.
 */
export function openLedger({
  record,
  config,
  workingDirectory,
  clock,
  log,
  role,
}: OpenLedgerInput): OpenLedger | undefined {
  if (record === undefined || config === undefined) return undefined;
  const { database } = record;
  const folder = dirname(resolve(workingDirectory, config.path));
  const spools = {
    directory: join(folder, 'ledger'),
    owners: createSpoolOwners(process.pid),
    newId: () => randomBytes(8).toString('hex'),
  };
  // Workers write there; who brings their rows to the database answers for the folder.
  const release = role === 'worker' ? undefined : claim(spools, nameOf(database, config, folder));
  const ledger = createLedger({
    ...spools,
    clock,
    limits: limitsOf(config.spool),
    notices: createLedgerNotices(log, clock),
    store: role === 'worker' ? undefined : createSqlLedgerStore(database),
    writes: role !== 'primary',
  });
  const stopping = new AbortController();
  const stopPruning = role === 'worker' ? undefined : startPruning({ database, clock, log, signal: stopping.signal });
  return {
    ledger,
    async close() {
      stopping.abort();
      stopPruning?.();
      await ledger.stop(STOP_MS);
      release?.();
    },
  };
}

/** Tells one database from another, whatever way leads to the folder. */
function nameOf({ dialect, location }: GatewayRecord['database'], { url }: DatabaseConfig, folder: string): string {
  return dialect === 'sqlite' ? relative(folder, location) : (placeOf(url)?.trim() ?? location);
}

function claim(spools: Omit<FolderClaimInput, 'database'>, database: string): () => void {
  try {
    return claimFolder({ ...spools, database });
  } catch (error) {
    throw asConfigError(error);
  }
}

interface PruningInput extends Pick<OpenLedgerInput, 'clock' | 'log'> {
  readonly database: GatewayRecord['database'];
  readonly signal: AbortSignal;
}

/** Deletes rows that are older than they are to be kept, now and then. */
function startPruning({ clock, database, log, signal }: PruningInput): () => void {
  return startRounds({
    clock,
    round: () => pruneLedger({ database, clock, retention: defaultRetention, signal }),
    onFailed: (error) => log.warn('ledger', `Old rows of the record were not deleted: ${String(error)}`),
  });
}

function limitsOf(spool: SpoolConfig): LedgerLimits {
  const segmentBytes = Math.min(defaultLedgerLimits.segmentBytes, Math.floor(spool.maxBytes / MIN_SEGMENTS));
  return { ...defaultLedgerLimits, ...spool, segmentBytes };
}
