import type { LimitReading, RateLimitReading } from '../routing/rate-limit-left.ts';
import { parseWait } from './retry-duration.ts';

/** Headers that tell of rate limits: names in lower case and values, alternating. */
export type RateLimitHeaders = readonly string[];

/** What one header says, by its name. */
interface RateLimitField {
  readonly unit: 'requests' | 'tokens';
  /** Limits of one unit are told apart by it: `requests`, `requests-day`, `input-tokens`. */
  readonly bucket: string;
  /** `state` and `policy` are lists of limits, each with its own parameters. */
  readonly part: 'limit' | 'remaining' | 'reset' | 'state' | 'policy';
}

interface Bucket {
  readonly unit: RateLimitField['unit'];
  readonly name: string;
  limit: number | undefined;
  remaining: number | undefined;
  resetMs: number | undefined;
}

/** Whether a header, by its name in lower case, tells of rate limits. Meant to be asked once for each name. */
export function isRateLimitHeader(name: string): boolean {
  return fieldOf(name) !== undefined;
}

/**
 * What the headers of an answer say of the limits of its credential and model: of several limits of one unit, the one
 * of which the least is left. Undefined when they say nothing. Waits are milliseconds of at most an hour.
 *
 * @param wallNow milliseconds since 1970
 */
export function readRateLimits(headers: RateLimitHeaders, wallNow: number): RateLimitReading | undefined {
  if (headers.length === 0) return undefined;
  const buckets = readBuckets(headers, wallNow);
  const requests = scarcest(buckets, 'requests');
  const tokens = scarcest(buckets, 'tokens');
  return requests === undefined && tokens === undefined ? undefined : { requests, tokens };
}

/**
 * Milliseconds until the limit that refused a request lets others through: the latest reset of those that are used up,
 * the soonest of all where none says so. Undefined when no header tells.
 */
export function limitResetMs(headers: RateLimitHeaders, wallNow: number): number | undefined {
  let exhausted: number | undefined;
  let soonest: number | undefined;
  for (const { resetMs, remaining } of readBuckets(headers, wallNow)) {
    if (resetMs === undefined) continue;
    soonest = Math.min(resetMs, soonest ?? resetMs);
    if (remaining === 0) exhausted = Math.max(resetMs, exhausted ?? 0);
  }
  return exhausted ?? soonest;
}

function readBuckets(headers: RateLimitHeaders, wallNow: number): readonly Bucket[] {
  const buckets: Bucket[] = [];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const field = fieldOf(headers[index]!);
    if (field === undefined) continue;
    const value = headers[index + 1]!;
    if (field.part === 'state' || field.part === 'policy') readList(buckets, value, wallNow);
    else if (field.part === 'reset') bucketOf(buckets, field).resetMs ??= parseWait(value, wallNow);
    else bucketOf(buckets, field)[field.part] ??= leadingNumber(value);
  }
  return buckets;
}

function bucketOf(buckets: Bucket[], { unit, bucket }: Pick<RateLimitField, 'unit' | 'bucket'>): Bucket {
  for (const known of buckets) if (known.name === bucket) return known;
  const fresh: Bucket = { unit, name: bucket, limit: undefined, remaining: undefined, resetMs: undefined };
  if (buckets.length < maxBuckets) buckets.push(fresh);
  return fresh;
}

const maxBuckets = 16;
const longestList = 512;
const parameter = /(?:^|[;,\s])(limit|remaining|reset|q|r|t)=(\d{1,15})/g;
const partOf: Readonly<Record<string, 'limit' | 'remaining' | 'reset'>> = {
  limit: 'limit',
  q: 'limit',
  remaining: 'remaining',
  r: 'remaining',
  reset: 'reset',
  t: 'reset',
};

/** `"name";r=49;t=12, …` of the standard's draft, its policies (`"name";q=100;w=60`), and `limit=1, remaining=1` before it. */
function readList(buckets: Bucket[], list: string, wallNow: number): void {
  if (list.length > longestList) return;
  for (const item of list.split(',')) {
    // The last quoted part: some put the kind of the window before the name.
    const name = /"([^"]{0,64})"(?=[^"]*$)/.exec(item)?.[1] ?? '';
    for (const [, key, value] of item.matchAll(parameter)) {
      const unit = name.includes('token') ? 'tokens' : 'requests';
      const bucket = bucketOf(buckets, { unit, bucket: `"${name}"` });
      const part = partOf[key!]!;
      if (part === 'reset') bucket.resetMs ??= parseWait(value, wallNow);
      else bucket[part] ??= Number(value);
    }
  }
}

function scarcest(buckets: readonly Bucket[], unit: RateLimitField['unit']): LimitReading | undefined {
  let found: Bucket | undefined;
  for (const bucket of buckets) {
    if (bucket.unit !== unit || isEmpty(bucket)) continue;
    if (found === undefined || shareLeft(bucket) < shareLeft(found)) found = bucket;
  }
  return found && { limit: found.limit, remaining: found.remaining, resetMs: found.resetMs };
}

/** When a limit is reset says nothing without how much of it there is; some send that with `-1` for no limit at all. */
function isEmpty({ limit, remaining }: Bucket): boolean {
  return limit === undefined && remaining === undefined;
}

/** What is left of a limit, from 0 to 1. One that does not say is taken for the last. */
function shareLeft({ limit, remaining }: Bucket): number {
  if (remaining === undefined) return 2;
  if (remaining === 0) return 0;
  return limit === undefined || limit === 0 ? 1 : Math.min(1, remaining / limit);
}

function leadingNumber(text: string): number | undefined {
  const found = /^\s{0,8}(\d{1,15}(?:\.\d{1,15})?)(?:$|[\s,;])/.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Names seen; a hostile upstream cannot make the memory grow. */
const maxKnown = 512;
const knownFields = new Map<string, RateLimitField | undefined>();

function fieldOf(name: string): RateLimitField | undefined {
  const known = knownFields.get(name);
  if (known !== undefined || knownFields.has(name)) return known;
  const field = parseName(name);
  if (knownFields.size < maxKnown) knownFields.set(name, field);
  return field;
}

/**
 * `x-ratelimit-remaining-tokens`, `<somebody>-ratelimit-input-tokens-reset`, `ratelimit`: whoever sends it, the same
 * words say what it is.
 */
function parseName(name: string): RateLimitField | undefined {
  const rest = /^(?:[a-z0-9]{1,32}-)?rate-?limit(?:-(.{1,64}))?$/.exec(name);
  if (rest === null) return undefined;
  const words = rest[1]?.split('-') ?? [];
  if (name === 'ratelimit') return { unit: 'requests', bucket: '', part: 'state' };
  if (name === 'ratelimit-policy') return { unit: 'requests', bucket: '', part: 'policy' };
  if (words.length === 0) return undefined;
  const part = partNamed(words[0]!) ?? partNamed(words.at(-1)!);
  if (part === undefined) return undefined;
  const bucket = words.filter((word) => word !== part);
  if (bucket.length === 0) return { unit: 'requests', bucket: '', part };
  if (bucket.some((word) => word === 'tokens' || word === 'token'))
    return { unit: 'tokens', bucket: bucket.join('-'), part };
  const isOfRequests = /^req(?:uests?)?$/.test(bucket[0]!);
  return isOfRequests ? { unit: 'requests', bucket: bucket.join('-'), part } : undefined;
}

function partNamed(word: string): 'limit' | 'remaining' | 'reset' | undefined {
  return word === 'limit' || word === 'remaining' || word === 'reset' ? word : undefined;
}
