import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock } from '../canonical/clock.ts';
import { startError } from '../canonical/config-error.ts';
import { readAdminKey } from '../config/admin-key.ts';
import { ConfigError, type DatabaseConfig, type LoadedConfig } from '../config/gateway-config.ts';
import { readCredentialFile } from '../config/load-credential.ts';
import type { RecordImageStore } from '../stores/record-image-store.ts';
import { type Database, openDatabase } from '../stores/sql/database.ts';
import { databaseLocation } from '../stores/sql/database-location.ts';
import { SqlError } from '../stores/sql/sql-error.ts';
import type { Log } from '../telemetry/telemetry.ts';
import { STALE_MS } from './fresh-values.ts';
import { GatewayRecord } from './gateway-record.ts';

export interface OpenRecordInput {
  readonly loaded: LoadedConfig;
  /** Where relative paths begin. */
  readonly workingDirectory: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether this process brings the tables up to date; of several, only one has to. */
  readonly migrates: boolean;
  /** Processes that share the connections to a server. */
  readonly processes: number;
  /** Begins what can be done until the database answers for the first time; absent: nothing. Called where there is one. */
  readonly meanwhile?: (() => void) | undefined;
  /** Connects to where an image of the record is kept; absent: nowhere. */
  readonly openImage?: OpenImage | undefined;
}

/** Connects to the image of the record that has a place, good for so many milliseconds when nobody renews it. */
export type OpenImage = (image: { readonly place: string; readonly goodMs: number }) => Promise<RecordImageStore>;

/** Connections that a process cannot do without: one of them is for reports. */
const LEAST_CONNECTIONS = 3;

/**
 * Opens the record that a configuration names, with its tables brought up to date; undefined where it names none. A
 * server that does not answer is asked again and again, and the gateway goes on without the record until it does.
 * Throws `ConfigError` where the record cannot be used as it is configured.
 */
export async function openRecord(input: OpenRecordInput): Promise<GatewayRecord | undefined> {
  const { clock, loaded, log, migrates, openImage } = input;
  const { config, env } = loaded;
  if (config.database === undefined) return undefined;
  const database = await open(config.database, input);
  input.meanwhile?.();
  const place = placeOf(config.database.url);
  const record = new GatewayRecord({
    database,
    clock,
    log,
    env,
    migrates: migrates && config.database.autoMigrate,
    isFirst: migrates,
    secrets: config.secrets,
    audit: config.audit,
    adminKey: readAdminKey(env, config.auth.keys).key,
    budgetsWhenStoreIsAway: config.redis?.whenAway ?? 'open',
    openImage: openImage && place !== undefined ? () => openImage({ place, goodMs: STALE_MS }) : undefined,
    randomBytes,
    newId: randomUUID,
    readFile: readCredentialFile,
  });
  try {
    await record.start();
  } catch (error) {
    await record.close();
    throw asConfigError(error);
  }
  return record;
}

async function open(config: DatabaseConfig, input: OpenRecordInput): Promise<Database> {
  const { clock, log, processes, workingDirectory } = input;
  const share = Math.floor(config.maxConnections / Math.max(1, processes));
  try {
    return await openDatabase({
      location: databaseLocation(config.url ?? config.path, workingDirectory),
      clock,
      maxConnections: Math.max(LEAST_CONNECTIONS, share),
      minConnections: Math.floor(config.minConnections / Math.max(1, processes)),
      onNotice: (text) => log.warn('record', text),
    });
  } catch (error) {
    throw asConfigError(error);
  }
}

/** Tells one record from another on any machine, by what gateways over the same one say of where it is. */
export function placeOf(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  const { host, pathname, searchParams } = new URL(url);
  const inServer = ['host', 'port', 'dbname', 'options'].map((name) => searchParams.get(name) ?? '');
  return [host, pathname, ...inServer].join(' ');
}

/** An error that the start ends with, in a sentence. */
export function asConfigError(error: unknown): Error {
  if (error instanceof ConfigError || !(error instanceof Error)) return error as Error;
  const cause = error.cause instanceof SqlError ? ` ${error.cause.message}` : '';
  const message = `The record cannot be used: ${error.message}${cause}`;
  return startError(message);
}
