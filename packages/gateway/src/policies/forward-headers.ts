import { fieldToken } from '../framing/header-field.ts';
import { BoundedCache } from './bounded-cache.ts';

export interface ForwardHeadersOptions {
  /** Flat name, value list that authorizes the request upstream; it replaces headers of the same names. */
  readonly credentialHeaders: readonly string[];
  /** More names to leave out, in lower case. */
  readonly extraDrop?: ReadonlySet<string>;
}

/** Headers of a caller that never go upstream, in lower case. */
const droppedHeaders: ReadonlySet<string> = new Set([
  // The caller's credentials are for the gateway, and those headers would also choose or override the provider's.
  'authorization',
  'proxy-authorization',
  'proxy-authenticate',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
  'x-amz-security-token',
  'cookie',
  'cookie2',
  // These choose which account of the gateway's credential pays.
  'openai-organization',
  'openai-project',
  'x-goog-user-project',
  // The caller of this function sets them.
  'host',
  'content-length',
  'accept-encoding',
  'expect',
  // Of one connection, not of the request.
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  // Where the caller is, which is nobody's business upstream, or what could rewrite the request there.
  'forwarded',
  'via',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'x-original-url',
  'x-rewrite-url',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  // The gateway's own, for the gateway.
  'x-tenant-id',
  'x-signature',
  'x-timestamp',
  'x-nonce',
]);
const droppedPrefixes = ['x-forwarded-', 'x-gateway-', 'proxy-'] as const;

/** Headers that an operation with a JSON body needs upstream; everything else of the caller's stays here. */
const jsonHeaders: ReadonlySet<string> = new Set([
  'content-type',
  'accept',
  'user-agent',
  'http-referer',
  'x-title',
  'idempotency-key',
  'traceparent',
  'tracestate',
  'x-request-id',
]);
const jsonPrefixes = ['openai-', 'anthropic-'] as const;

/**
 * What a generic proxied request carries upstream: all of the caller's headers (flat, as they came) but the ones that
 * belong to this connection, to this gateway or to a credential, and then the target's credential.
 */
export function forwardHeaders(rawHeaders: readonly string[], options: ForwardHeadersOptions): string[] {
  const unwanted = connectionHeaders(rawHeaders);
  addCredentialNames(options.credentialHeaders, unwanted);
  const forwarded: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = comparableName(rawHeaders[index]!);
    if (isNeverForwarded(name) || unwanted.has(name) || options.extraDrop?.has(name) === true) continue;
    addHeader(forwarded, rawHeaders[index]!, rawHeaders[index + 1]!);
  }
  forwarded.push(...options.credentialHeaders);
  return forwarded;
}

/** What an operation with a JSON body carries upstream: the few headers of the allow-list and the target's credential. */
export function forwardJsonHeaders(rawHeaders: readonly string[], credentialHeaders: readonly string[]): string[] {
  const forwarded: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!;
    const value = rawHeaders[index + 1]!;
    if (!passesForJson(name) || overrides(credentialHeaders, name) || hasLineBreak(value)) continue;
    forwarded.push(name, value);
  }
  for (let index = 0; index < credentialHeaders.length; index++) forwarded.push(credentialHeaders[index]!);
  return forwarded;
}

/** Clients send the same few names in the same spelling, so the verdict on a spelling is worth keeping. */
const jsonVerdicts = new BoundedCache<boolean>(512);
const longestCachedName = 64;

function passesForJson(rawName: string): boolean {
  const known = jsonVerdicts.get(rawName);
  if (known !== undefined) return known;
  const name = rawName.toLowerCase();
  const isListed = jsonHeaders.has(name) || jsonPrefixes.some((prefix) => name.startsWith(prefix));
  const verdict = isListed && fieldToken.test(rawName) && !isNeverForwarded(comparableName(rawName));
  if (rawName.length <= longestCachedName) jsonVerdicts.set(rawName, verdict);
  return verdict;
}

function overrides(credentialHeaders: readonly string[], name: string): boolean {
  for (let index = 0; index < credentialHeaders.length; index += 2) {
    const credential = credentialHeaders[index]!;
    if (credential.length === name.length && credential.toLowerCase() === name.toLowerCase()) return true;
  }
  return false;
}

function isNeverForwarded(name: string): boolean {
  return droppedHeaders.has(name) || droppedPrefixes.some((prefix) => name.startsWith(prefix));
}

/** Servers that hand headers on as variables take `_` for `-`, so `x_api_key` is `x-api-key` to them. */
function comparableName(rawName: string): string {
  const name = rawName.toLowerCase();
  return name.includes('_') ? name.replaceAll('_', '-') : name;
}

/** Names that the caller's Connection header makes hop-by-hop. */
function connectionHeaders(rawHeaders: readonly string[]): Set<string> {
  const names = new Set<string>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (rawHeaders[index]!.toLowerCase() !== 'connection') continue;
    for (const option of rawHeaders[index + 1]!.split(',')) names.add(comparableName(option.trim()));
  }
  return names;
}

function addCredentialNames(credentialHeaders: readonly string[], names: Set<string>): void {
  for (let index = 0; index < credentialHeaders.length; index += 2)
    names.add(comparableName(credentialHeaders[index]!));
}

/** Adds a header unless its name or value could end the header early; a parser upstream need not be as strict as ours. */
function addHeader(list: string[], name: string, value: string): void {
  if (!fieldToken.test(name) || hasLineBreak(value)) return;
  list.push(name, value);
}

function hasLineBreak(value: string): boolean {
  return value.includes('\n') || value.includes('\r') || value.includes('\0');
}
