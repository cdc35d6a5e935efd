import { isIP } from 'node:net';
import { createAddressSet, normalizeAddress } from './address-set.ts';

/** Address of the client, from the socket's other end and the X-Forwarded-For header (joined, when there were several). */
export type ClientAddress = (peerAddress: string, forwardedFor: string | undefined) => string;

/** Hops looked at, so that a header full of commas stays cheap. */
const longestChain = 32;

/**
 * Compiles how the client's address is found. X-Forwarded-For is walked from right to left, as long as the proxy that
 * wrote an entry is a trusted one; the first address that no trusted proxy owns is the client's. Whatever stands left of
 * it, anybody can have written. Without trusted proxies it is the socket's other end. Throws on entries that are no ranges.
 */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  if (trustedProxies.length === 0) return normalizeAddress;
  const isTrusted = createAddressSet(trustedProxies);
  return (peerAddress, forwardedFor) => {
    let address = normalizeAddress(peerAddress);
    if (forwardedFor === undefined) return address;
    let end = forwardedFor.length;
    for (let hop = 0; hop < longestChain && end > 0 && isTrusted(address); hop++) {
      const start = forwardedFor.lastIndexOf(',', end - 1) + 1;
      const next = parseHop(forwardedFor.slice(start, end));
      // `unknown` or rubbish: the proxy that wrote it is the last thing known for sure.
      if (next === undefined) return address;
      address = next;
      end = start - 1;
    }
    return address;
  };
}

/** Whether a request came over TLS, to this process or to a trusted proxy in front of it. */
export type SecureTransport = (transport: {
  readonly isEncrypted: boolean;
  readonly peerAddress: string;
  readonly forwardedProto: string | undefined;
}) => boolean;

/** Compiles it; X-Forwarded-Proto of anybody but a trusted proxy is not believed, and the last proxy's entry counts. */
export function createSecureTransport(trustedProxies: readonly string[]): SecureTransport {
  const isTrusted = createAddressSet(trustedProxies);
  return ({ isEncrypted, peerAddress, forwardedProto }) => {
    if (isEncrypted) return true;
    if (forwardedProto === undefined || trustedProxies.length === 0 || !isTrusted(peerAddress)) return false;
    return (
      forwardedProto
        .slice(forwardedProto.lastIndexOf(',') + 1)
        .trim()
        .toLowerCase() === 'https'
    );
  };
}

/** An entry of X-Forwarded-For, with or without a port, quotes and brackets; undefined when it is no address. */
function parseHop(text: string): string | undefined {
  const hop = text.trim().replace(/^"(.*)"$/, '$1');
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(hop);
  const withPort = /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(hop);
  const address = bracketed?.[1] ?? withPort?.[1] ?? hop;
  return isIP(address) === 0 ? undefined : normalizeAddress(address);
}
