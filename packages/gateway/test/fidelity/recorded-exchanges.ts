import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

/** A real exchange with a provider, as a recorder kept it. */
export interface RecordedExchange {
  /** The file's name without its endings. */
  readonly provider: string;
  readonly path: string;
  /** Place in the file, from 0. */
  readonly index: number;
  /** Path after `/v1/` by which the gateway serves it. */
  readonly tail: string;
  readonly request: string;
  readonly status: number;
  readonly isStream: boolean;
  readonly reply: Buffer;
}

/**
 * Recordings are no part of this repository. They lie in a folder beside it, or where RECORDINGS says; without them
 * the tests over them are skipped.
 */
export const recordingsFolder =
  process.env['RECORDINGS'] ?? fileURLToPath(new URL('../../../../../shared/recordings', import.meta.url));

/** Why nothing can be played; undefined when there are recordings. */
export const noRecordings: string | undefined = existsSync(recordingsFolder)
  ? undefined
  : `no recordings in ${recordingsFolder}`;

const served = /\/(chat\/completions|completions|responses|embeddings|moderations|rerank)(?:\?|$)/;

/** All recorded exchanges on paths of the gateway's, by provider. Empty when there are no recordings. */
export function readRecordings(): ReadonlyMap<string, readonly RecordedExchange[]> {
  const providers = new Map<string, RecordedExchange[]>();
  if (noRecordings !== undefined) return providers;
  for (const name of readdirSync(recordingsFolder).sort()) {
    const provider = /^(.+)\.jsonl\.gz$/.exec(name)?.[1];
    if (provider === undefined) continue;
    const exchanges = readFile(provider, `${recordingsFolder}/${name}`);
    if (exchanges.length > 0) providers.set(provider, exchanges);
  }
  return providers;
}

function readFile(provider: string, path: string): RecordedExchange[] {
  const lines = gunzipSync(readFileSync(path)).toString('utf8').split('\n');
  return lines
    .filter((line) => line.trim() !== '')
    .map((line, index) => decode(JSON.parse(line), { provider, path, index }))
    .filter((exchange) => exchange !== undefined);
}

function decode(
  row: Readonly<Record<string, unknown>>,
  place: Pick<RecordedExchange, 'provider' | 'path' | 'index'>,
): RecordedExchange | undefined {
  const { url, method, req, res, status, resH } = row;
  const tail = served.exec(String(url))?.[1];
  if (tail === undefined || method !== 'POST' || typeof status !== 'number') return undefined;
  // Nothing can be learned from an exchange whose recorder kept no reply.
  if (typeof req !== 'string' || typeof res !== 'string' || res === '') return undefined;
  const headers = Object.entries((resH ?? {}) as Record<string, unknown>);
  const contentType = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  const isStream = /^text\/event-stream/i.test(String(contentType));
  return { ...place, tail, request: req, status, isStream, reply: Buffer.from(res) };
}
