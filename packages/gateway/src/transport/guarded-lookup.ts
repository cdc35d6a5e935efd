import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';

export interface AddressGuard {
  /** Addresses that nothing is connected to. */
  readonly isForbidden: (address: string) => boolean;
  /** Hosts that are allowed whatever their address is. */
  readonly allowedHosts: ReadonlySet<string>;
}

/** A host is at an address that nothing may be connected to. */
export class ForbiddenAddressError extends Error {
  override readonly name = 'ForbiddenAddressError';

  constructor() {
    super('is at a private address, to which nothing is sent');
  }
}

/** Whether a URL's host is written out as an address that is forbidden: no look-up ever sees those. */
export function isForbiddenHost({ hostname }: URL, { isForbidden, allowedHosts }: AddressGuard): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  return isIP(host) !== 0 && isForbidden(host) && !allowedHosts.has(host);
}

/**
 * Resolves names for connections, so that the address that was checked is the one that is connected to. When any of a
 * name's addresses is forbidden, none is used.
 */
export function createGuardedLookup({ isForbidden, allowedHosts }: AddressGuard): LookupFunction {
  const resolve = async (hostname: string, options: Parameters<LookupFunction>[1]) => {
    const { family, hints } = options;
    const found = await lookup(hostname, {
      all: true,
      ...(family !== undefined && { family: family === 'IPv4' ? 4 : family === 'IPv6' ? 6 : family }),
      ...(hints !== undefined && { hints }),
    });
    if (!allowedHosts.has(hostname) && found.some(({ address }) => isForbidden(address))) {
      throw new ForbiddenAddressError();
    }
    return found;
  };
  return (hostname, options, callback) => {
    resolve(hostname, options).then(
      (found) => {
        if (options.all) return callback(null, found);
        const [first] = found;
        return first ? callback(null, first.address, first.family) : callback(new Error('no address'), '', 0);
      },
      (error: unknown) => callback(error as NodeJS.ErrnoException, '', 0),
    );
  };
}
