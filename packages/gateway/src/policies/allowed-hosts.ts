import { GatewayError } from '../canonical/gateway-error.ts';
import { BoundedCache } from './bounded-cache.ts';
import type { RequestPolicy } from './request-policy.ts';

/**
 * Accepts only requests for the given host names, which keeps web pages from reaching the gateway under a name of their
 * own. An entry is a name (any port), a name with a port, or `*.example.com` for every name below. Throws
 * `misdirected_host`. Undefined when the list is empty or has `*`.
 */
export function createAllowedHosts(allowedHosts: readonly string[]): RequestPolicy | undefined {
  const entries = allowedHosts
    .map((entry) => withoutFinalDot(entry.trim().toLowerCase()))
    .filter((entry) => entry !== '');
  if (entries.length === 0 || entries.includes('*')) return undefined;
  const exact = new Set(entries.filter((entry) => !entry.startsWith('*.')));
  const suffixes = entries.filter((entry) => entry.startsWith('*.')).map((entry) => entry.slice(1));
  const verdicts = new BoundedCache<boolean>(256);

  function isAllowed(host: string): boolean {
    const known = verdicts.get(host);
    if (known !== undefined) return known;
    const { name, port } = splitHost(host);
    const verdict = exact.has(name) || exact.has(`${name}:${port}`) || suffixes.some((suffix) => name.endsWith(suffix));
    if (host.length <= longestHost) verdicts.set(host, verdict);
    return verdict;
  }

  return ({ headers }) => {
    if (headers.host !== undefined && isAllowed(headers.host)) return;
    throw new GatewayError(
      'misdirected_host',
      'This gateway does not answer for the host that the request names. Whoever runs it can add the host to `security.headers.allowed_hosts`.',
    );
  };
}

/** Longest name in DNS, with a port. */
const longestHost = 260;

function splitHost(host: string): { name: string; port: string } {
  const lower = host.trim().toLowerCase();
  const port = /:(\d+)$/.exec(lower)?.[1] ?? '';
  const name = port === '' ? lower : lower.slice(0, -port.length - 1);
  return { name: withoutFinalDot(name), port };
}

function withoutFinalDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}
