import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** The reply of a recorded exchange. */
export interface RecordedReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly chunkSizes: readonly number[] | undefined;
}

/** Finds an exchange in a JSONL file, gzipped or not. Throws when the file, the line or the match is not there. */
export function readRecording(place: { path: string; index?: number; match?: string }): RecordedReply {
  const lines = readLines(place.path);
  const { match } = place;
  const line = match === undefined ? lines[place.index ?? 0] : lines.find((candidate) => matches(candidate, match));
  if (line === undefined) throw new Error(`The recording ${place.path} has no exchange ${match ?? place.index ?? 0}.`);
  return decodeReply(JSON.parse(line) as Record<string, unknown>);
}

// A drill plays the same few files again and again; reading and unzipping them for each request would be its main cost.
const files = new Map<string, readonly string[]>();
const maximumFiles = 8;

function readLines(path: string): readonly string[] {
  const known = files.get(path);
  if (known !== undefined) return known;
  const bytes = readFileSync(path);
  // Gzip files begin with these two bytes, whatever their name.
  const text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8');
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const oldest = files.keys().next();
  if (files.size >= maximumFiles && !oldest.done) files.delete(oldest.value);
  files.set(path, lines);
  return lines;
}

function matches(line: string, match: string): boolean {
  const { url, req } = JSON.parse(line) as Record<string, unknown>;
  return String(url).includes(match) || (typeof req === 'string' && req.includes(match));
}

function decodeReply(exchange: Record<string, unknown>): RecordedReply {
  const { status, resH, res, chunks } = exchange;
  const headers = Object.entries((resH ?? {}) as Record<string, unknown>);
  return {
    status: typeof status === 'number' ? status : 200,
    headers: Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), printable(value)])),
    body: decodeBody(res),
    chunkSizes: Array.isArray(chunks) ? chunks.filter((size): size is number => typeof size === 'number') : undefined,
  };
}

function decodeBody(res: unknown): Buffer {
  if (typeof res === 'string') return Buffer.from(res);
  const base64 = (res as { b64?: unknown } | null | undefined)?.b64;
  return Buffer.from(typeof base64 === 'string' ? base64 : '', 'base64');
}

function printable(value: unknown): string {
  // Recorders join or list repeated headers; node refuses control characters in either.
  return (Array.isArray(value) ? value.join(', ') : String(value)).replace(/[^\t\x20-\x7e]/g, ' ');
}
