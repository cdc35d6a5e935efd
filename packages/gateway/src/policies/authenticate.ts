import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Principal, RequestView } from '../canonical/exchange.ts';
import { GatewayError } from '../canonical/gateway-error.ts';
import type { AuthConfig } from '../config/gateway-config.ts';
import { BoundedCache } from './bounded-cache.ts';
import type { KeyAnswer, KeyLookup, KeyRefusal } from './key-lookup.ts';
import { checkAddressScope } from './key-scopes.ts';
import type { RequestPolicy } from './request-policy.ts';
import { createPlacement, createRestriction, type Placement, type Tenants } from './tenant-placement.ts';

/** Whoever sent no key. */
export const anonymous: Principal = Object.freeze({
  kind: 'anonymous',
  name: 'anonymous',
  identity: 'anonymous',
  tenant: undefined,
});

/** Hashes kept, so that a returning key costs a look-up (0.1 µs) in place of a SHA-256 (0.8–1.3 µs). */
const cachedPrincipals = 1000;
/** The same of keys of the record, of which only the hash is kept: what becomes of them is asked anew each time. */
const cachedHashes = 10_000;
/** Keys longer than this are hashed each time: the cache is bounded in bytes, not only in entries. */
const cachedKeyLength = 256;

/**
 * Finds out who is asking and puts it on the request. In open mode it never fails: a bearer is only a name that limits
 * count. In required mode it throws `unauthenticated` unless the key is one of the configured ones or of the record,
 * and `forbidden` where a key of the record is not for this caller. What the configuration says of a tenant holds for
 * every key of that tenant, wherever the key is kept, and so does what the record says.
 */
export function createAuthenticate(auth: AuthConfig, record?: KeyLookup, tenants: Tenants = new Map()): RequestPolicy {
  const restrict = createRestriction(tenants);
  const identify = auth.mode === 'open' ? createOpenLookup() : createKeyLookup(auth.keys, record, restrict);
  const setPrincipal = (request: RequestView): void | Promise<void> => {
    const bearer = readBearer(request.headers, isForwarded(request) ? '' : request.url);
    const found = identify(bearer, request.headers);
    if (found instanceof Promise) return found.then((answer) => take(request, answer));
    take(request, found);
  };
  const take = (request: RequestView, found: Principal | KeyAnswer): void => {
    if ('kind' in found) request.principal = found;
    else accept(request, found, restrict);
  };
  return setPrincipal;
}

/** A principal that nobody authenticated as it would be after that. Rejects as a request of it would be refused. */
export type PlaceCaller = (principal: Principal) => Promise<Principal>;

/** What holds for the keys of a tenant, for who only wants to know where their requests would go. */
export function createPlaceCaller(auth: AuthConfig, record?: KeyLookup, tenants: Tenants = new Map()): PlaceCaller {
  // There the tenant is the caller's word, which is taken for routing only.
  if (auth.mode === 'open') return async (principal) => principal;
  const restrict = createRestriction(tenants);
  const place: Placement = record === undefined ? restrict : createPlacement(record, restrict);
  return async (principal) => {
    const found = await place(principal);
    if ('kind' in found) return found;
    if ('refusal' in found) throw refusals[found.refusal]();
    return found.principal;
  };
}

/** Takes over what the record says of a key. */
function accept(request: RequestView, answer: KeyAnswer, restrict: (principal: Principal) => Principal): void {
  if ('refusal' in answer) throw refusals[answer.refusal]();
  request.principal = restrict(answer.principal);
  checkAddressScope(request);
}

/** Whether the caller's query goes upstream as it is: a key in it is the upstream's business then. */
function isForwarded({ operation }: RequestView): boolean {
  return operation === 'proxy';
}

/**
 * The key of a request, wherever the client library of some provider puts it: `Authorization: Bearer`, `X-API-Key`,
 * `api-key`, `x-goog-api-key`, or `?key=` in the URL, in that order.
 */
export function readBearer(headers: IncomingHttpHeaders, url = ''): string | undefined {
  const authorization = headers.authorization;
  if (authorization !== undefined) {
    const bearer = bearerOf(authorization);
    if (bearer !== undefined) return bearer;
  }
  const key = headers['x-api-key'] ?? headers['api-key'] ?? headers['x-goog-api-key'] ?? keyInQuery(url);
  if (typeof key !== 'string') return undefined;
  const trimmed = key.trim();
  return trimmed === '' ? undefined : trimmed;
}

function keyInQuery(url: string): string | undefined {
  const mark = url.indexOf('?');
  // Nearly no request has a query, and fewer a key in it.
  if (mark === -1 || !url.includes('key=', mark)) return undefined;
  return new URLSearchParams(url.slice(mark + 1)).get('key') ?? undefined;
}

function bearerOf(authorization: string): string | undefined {
  // The spelling that nearly every client uses is compared without making a lower-case copy.
  const isBearer = authorization.startsWith('Bearer ') || /^bearer[ \t]/i.test(authorization);
  if (!isBearer) return undefined;
  const token = authorization.slice(7).trim();
  return token === '' ? undefined : token;
}

type PrincipalLookup = (
  bearer: string | undefined,
  headers: IncomingHttpHeaders,
) => Principal | KeyAnswer | Promise<Principal | KeyAnswer>;

function createOpenLookup(): PrincipalLookup {
  const cache = new BoundedCache<Principal>(cachedPrincipals);
  const principalOf = (bearer: string): Principal => {
    const known = cache.get(bearer);
    if (known !== undefined) return known;
    const identity = hash('sha256', bearer);
    const principal: Principal = {
      kind: 'anonymous',
      name: `key-${identity.slice(0, 8)}`,
      identity,
      tenant: undefined,
    };
    if (bearer.length <= cachedKeyLength) cache.set(bearer, principal);
    return principal;
  };
  return (bearer, headers) => {
    const principal = bearer === undefined ? anonymous : principalOf(bearer);
    const tenant = headers['x-tenant-id'];
    // Without keys there is nothing a tenant could be bound to, so the caller's word is taken, for routing only.
    return tenant === undefined ? principal : { ...principal, tenant: saneTenant(tenant) };
  };
}

function saneTenant(tenant: string | string[]): string | undefined {
  return typeof tenant === 'string' && /^[\w.:@-]{1,128}$/.test(tenant) ? tenant : undefined;
}

interface KnownKey {
  readonly digest: Buffer;
  readonly principal: Principal;
}

function createKeyLookup(
  keys: AuthConfig['keys'],
  record: KeyLookup | undefined,
  restrict: (principal: Principal) => Principal,
): PrincipalLookup {
  // Without a record nothing changes what a tenant may do, so its keys have it from the beginning.
  const byPrefix = indexKeys(keys, record === undefined ? restrict : (principal) => principal);
  const place: Placement = record === undefined ? (principal) => principal : createPlacement(record, restrict);
  // Only keys that were accepted enter, so strangers can neither fill it nor push anybody out. A map compares texts only
  // when their seeded hashes agree, so its timing tells nothing about how much of a guess is right.
  const accepted = new BoundedCache<Principal>(cachedPrincipals);
  const hashes = new BoundedCache<string>(cachedHashes);
  return (bearer) => {
    if (bearer === undefined) throw missingKey();
    const known = accepted.get(bearer);
    if (known !== undefined) return place(known);
    const recorded = hashes.get(bearer);
    if (recorded !== undefined && record !== undefined) return record.find(recorded);
    const identity = hash('sha256', bearer);
    const principal = findKey(byPrefix, identity);
    if (principal === undefined) {
      if (record === undefined) throw unknownKey();
      const answer = record.find(identity);
      if ('principal' in answer && bearer.length <= cachedKeyLength) hashes.set(bearer, identity);
      return answer;
    }
    if (bearer.length <= cachedKeyLength) accepted.set(bearer, principal);
    return place(principal);
  };
}

/** Digests by their first 8 hex digits: the look-up narrows, the comparison of the whole takes constant time. */
function indexKeys(
  keys: AuthConfig['keys'],
  restrict: (principal: Principal) => Principal,
): ReadonlyMap<string, readonly KnownKey[]> {
  const byPrefix = new Map<string, KnownKey[]>();
  for (const key of keys) {
    const identity = key.sha256.toLowerCase();
    const digest = Buffer.from(identity, 'hex');
    if (digest.length !== 32) throw new Error(`The SHA-256 of the key named ${key.name} is not 64 hexadecimal digits.`);
    const principal: Principal = { kind: 'key', name: key.name, identity, tenant: key.tenant };
    const known = { digest, principal: restrict(principal) };
    const prefix = identity.slice(0, 8);
    const neighbours = byPrefix.get(prefix);
    if (neighbours === undefined) byPrefix.set(prefix, [known]);
    else neighbours.push(known);
  }
  return byPrefix;
}

function findKey(byPrefix: ReadonlyMap<string, readonly KnownKey[]>, identity: string): Principal | undefined {
  const candidates = byPrefix.get(identity.slice(0, 8));
  if (candidates === undefined) return undefined;
  const digest = Buffer.from(identity, 'hex');
  let found: Principal | undefined;
  for (const candidate of candidates) {
    if (timingSafeEqual(candidate.digest, digest)) found ??= candidate.principal;
  }
  return found;
}

const challenge = { headers: { 'WWW-Authenticate': 'Bearer realm="llm-gateway"' } } as const;

function missingKey(): GatewayError {
  return new GatewayError(
    'unauthenticated',
    'This gateway needs an API key and none was sent. Send it as `Authorization: Bearer <key>` or `X-API-Key: <key>`.',
    challenge,
  );
}

function unknownKey(): GatewayError {
  return new GatewayError(
    'unauthenticated',
    'The API key that was sent is not one of this gateway. Check it, or ask whoever runs the gateway for one.',
    challenge,
  );
}

const refused = (why: string) => () =>
  new GatewayError(
    'unauthenticated',
    `Invalid API key: it ${why}. Ask whoever runs the gateway for another one.`,
    challenge,
  );

const refusals: Readonly<Record<KeyRefusal, () => GatewayError>> = {
  unknown: unknownKey,
  revoked: refused('was revoked'),
  expired: refused('has expired'),
  replaced: refused('was replaced by another one'),
  administers: refused('administers the gateway and is not for requests to models'),
  inactive: () =>
    new GatewayError(
      'forbidden',
      'This API key belongs to a team, tenant or organisation that is switched off. Ask whoever runs the gateway.',
    ),
};
