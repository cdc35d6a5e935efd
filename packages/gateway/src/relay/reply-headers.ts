/**
 * Which headers of an upstream's reply reach the client. Hop-by-hop headers and those of the upstream's
 * infrastructure stay behind; unknown ones pass. The upstream's request id and rate limits go out under names that
 * cannot be mistaken for the gateway's own.
 */

import { isRateLimitHeader, type RateLimitHeaders } from '../resilience/read-rate-limits.ts';

const dropped = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
  'date',
  'server',
  'set-cookie',
  'set-cookie2',
  'strict-transport-security',
  'alt-svc',
  'via',
  'nel',
  'report-to',
  'reporting-endpoints',
  'x-powered-by',
  'x-envoy-upstream-service-time',
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-expose-headers',
  'access-control-max-age',
]);

export interface UpstreamHead {
  readonly status: number;
  /** Headers for the client: names and values, alternating. */
  readonly headers: string[];
  readonly contentType: string;
  readonly contentEncoding: string;
  /** Content-Length, or -1 when there is none. */
  readonly contentLength: number;
  /** Those that tell of rate limits: names in lower case and values, alternating. */
  readonly rateLimits: RateLimitHeaders;
  /** A header of the upstream's reply by lower-case name. */
  get(name: string): string | undefined;
}

/** What becomes of the headers of an upstream, decided once for each name. */
export interface HeadRules {
  /** The name under which a header reaches the client; undefined when it does not. `rawName` as it was received. */
  clientName(rawName: string): KnownHeader;
}

/** A header's lower-case name, and the one the client sees. */
interface KnownHeader {
  readonly name: string;
  readonly clientName: string | undefined;
  readonly isRateLimit: boolean;
}

export interface HeadRulesOptions {
  /** Limits of the gateway's own have the usual names, so the upstream's get a prefix. */
  readonly renameRateLimits: boolean;
  /** Names, in any case, that the gateway sets itself. */
  readonly replaced: Iterable<string>;
}

/** Providers send few different names; a hostile one cannot make the memory grow. */
const MAX_KNOWN = 512;

/** Compiles the rules. Providers send the same few names in the same spelling, so the verdict on each is kept. */
export function createHeadRules({ renameRateLimits, replaced }: HeadRulesOptions): HeadRules {
  const ours = new Set([...replaced].map((name) => name.toLowerCase()));
  const known = new Map<string, KnownHeader>();
  return {
    clientName(rawName) {
      const verdict = known.get(rawName);
      if (verdict !== undefined) return verdict;
      const name = rawName.toLowerCase();
      const isDropped = dropped.has(name) || name.startsWith('cf-') || ours.has(name);
      const fresh = {
        name,
        clientName: isDropped ? undefined : renamed(name, renameRateLimits),
        isRateLimit: isRateLimitHeader(name),
      };
      if (known.size < MAX_KNOWN) known.set(rawName, fresh);
      return fresh;
    },
  };
}

/** Reads a raw head once: what the relay must know, and what the client may see. */
export function readHead(status: number, raw: readonly string[], rules: HeadRules): UpstreamHead {
  const headers: string[] = [];
  let contentType = '';
  let contentEncoding = '';
  let contentLength = -1;
  let rateLimits: string[] | undefined;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const { name, clientName, isRateLimit } = rules.clientName(raw[index]!);
    const value = raw[index + 1]!;
    if (name === 'content-type') contentType = value;
    else if (name === 'content-encoding') contentEncoding = value;
    else if (name === 'content-length') contentLength = Number(value);
    if (clientName !== undefined) headers.push(clientName, value);
    if (isRateLimit) {
      rateLimits ??= [];
      rateLimits.push(name, value);
    }
  }
  return {
    status,
    headers,
    contentType,
    contentEncoding,
    contentLength,
    rateLimits: rateLimits ?? noRateLimits,
    get: (name) => headerOf(raw, name),
  };
}

const noRateLimits: RateLimitHeaders = [];

function renamed(name: string, renameRateLimits: boolean): string {
  if (name === 'x-request-id') return 'x-upstream-request-id';
  if (name.startsWith('x-gateway-')) return `x-upstream-${name.slice(2)}`;
  if (renameRateLimits && name.startsWith('x-ratelimit-')) return `x-upstream-${name.slice(2)}`;
  return name;
}

function headerOf(raw: readonly string[], wanted: string): string | undefined {
  for (let index = 0; index + 1 < raw.length; index += 2) {
    if (raw[index]!.length === wanted.length && raw[index]!.toLowerCase() === wanted) return raw[index + 1];
  }
  return undefined;
}
