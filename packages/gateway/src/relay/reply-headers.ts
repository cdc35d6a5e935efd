/**
 * Which headers of an upstream's reply reach the client. Hop-by-hop headers and those of the upstream's
 * infrastructure stay behind; unknown ones pass. The upstream's request id and rate limits go out under names that
 * cannot be mistaken for the gateway's own.
 */

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
  /** A header of the upstream's reply by lower-case name. */
  get(name: string): string | undefined;
}

/** Reads a raw head once: what the relay must know, and what the client may see. */
export function readHead(status: number, raw: readonly Buffer[], renameRateLimits: boolean): UpstreamHead {
  const headers: string[] = [];
  let contentType = '';
  let contentEncoding = '';
  let contentLength = -1;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index]!.toString('latin1').toLowerCase();
    const value = raw[index + 1]!.toString('latin1');
    if (name === 'content-type') contentType = value;
    else if (name === 'content-encoding') contentEncoding = value;
    else if (name === 'content-length') contentLength = Number(value);
    if (dropped.has(name) || name.startsWith('cf-')) continue;
    headers.push(clientName(name, renameRateLimits), value);
  }
  return {
    status,
    headers,
    contentType,
    contentEncoding,
    contentLength,
    get: (name) => headerOf(raw, name),
  };
}

function clientName(name: string, renameRateLimits: boolean): string {
  if (name === 'x-request-id') return 'x-upstream-request-id';
  if (name.startsWith('x-gateway-')) return `x-upstream-${name.slice(2)}`;
  if (renameRateLimits && name.startsWith('x-ratelimit-')) return `x-upstream-${name.slice(2)}`;
  return name;
}

function headerOf(raw: readonly Buffer[], wanted: string): string | undefined {
  for (let index = 0; index + 1 < raw.length; index += 2) {
    if (raw[index]!.length === wanted.length && raw[index]!.toString('latin1').toLowerCase() === wanted) {
      return raw[index + 1]!.toString('latin1');
    }
  }
  return undefined;
}
