import { type AddressSet, createAddressSet } from './address-set.ts';

/**
 * Addresses that are no public host's: what the gateway fetches for a caller must not come from there, or a caller could
 * read what only this machine or its network may (RFC 6890 and its registries for IPv4 and IPv6).
 */
const specialRanges = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/128',
  '::1/128',
  // Addresses that carry an IPv4 address, which may be any of the above.
  '::ffff:0:0/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '2002::/16',
  '2001::/23',
  '100::/64',
  '2001:db8::/32',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
] as const;

/** Whether an address is not a public host's. */
export function createSpecialAddresses(): AddressSet {
  return createAddressSet(specialRanges);
}
