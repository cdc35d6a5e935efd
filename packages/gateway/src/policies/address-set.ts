import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import { BoundedCache } from './bounded-cache.ts';

/** Whether an address is one of a configured set. */
export type AddressSet = (address: string) => boolean;

/** Addresses whose verdict is remembered: `BlockList.check` costs 2.4 µs, a look-up 0.1 µs. */
const cachedVerdicts = 2000;

/** Compiles addresses and CIDR ranges. Throws an Error that names the first entry that is neither. */
export function createAddressSet(entries: readonly string[]): AddressSet {
  // A list for each family: in one list, `::/0` would match IPv4 addresses too.
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const entry of entries) {
    const range = parseRange(entry);
    if (range === undefined)
      throw new Error(`"${entry}" is neither an IP address nor a CIDR range such as 10.0.0.0/8.`);
    lists[range.family].addSubnet(range.network, range.prefix, range.family);
  }
  const verdicts = new BoundedCache<boolean>(cachedVerdicts);
  return (address) => {
    const known = verdicts.get(address);
    if (known !== undefined) return known;
    const verdict = contains(lists, address);
    if (address.length <= longestAddress) verdicts.set(address, verdict);
    return verdict;
  };
}

/** Whether a configured text is an address or a CIDR range. */
export function isAddressOrRange(text: string): boolean {
  return parseRange(text) !== undefined;
}

const longestAddress = 64;

function contains(lists: { ipv4: BlockList; ipv6: BlockList }, address: string): boolean {
  const plain = normalizeAddress(address);
  if (isIPv4(plain)) return lists.ipv4.check(plain, 'ipv4');
  return isIPv6(plain) && lists.ipv6.check(plain, 'ipv6');
}

interface AddressRange {
  readonly family: 'ipv4' | 'ipv6';
  readonly network: string;
  readonly prefix: number;
}

function parseRange(entry: string): AddressRange | undefined {
  const [address = '', prefixText, ...rest] = entry.trim().split('/');
  const version = isIP(address);
  if (version === 0 || address.includes('%') || rest.length > 0) return undefined;
  const width = version === 4 ? 32 : 128;
  if (prefixText !== undefined && !/^\d{1,3}$/.test(prefixText)) return undefined;
  const prefix = prefixText === undefined ? width : Number(prefixText);
  if (prefix > width) return undefined;
  const network = normalizeAddress(address);
  // A range within ::ffff:0:0/96 is an IPv4 range written in IPv6.
  if (version === 6 && isIPv4(network) && prefix >= 96) return { family: 'ipv4', network, prefix: prefix - 96 };
  return version === 4 ? { family: 'ipv4', network, prefix } : { family: 'ipv6', network: address, prefix };
}

/** An address without zone, in lower case, with IPv4 written as IPv4: `::ffff:1.2.3.4` is `1.2.3.4`. */
export function normalizeAddress(address: string): string {
  // Nearly every address comes as plain IPv4 or with the dotted prefix, and is done in one comparison.
  if (!address.includes(':')) return address;
  const zone = address.indexOf('%');
  const plain = (zone === -1 ? address : address.slice(0, zone)).toLowerCase();
  if (plain.startsWith('::ffff:') && plain.includes('.')) return plain.slice(7);
  const groups = expandIpv6(plain);
  if (groups === undefined) return plain;
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (!isMapped) return plain;
  const [high = 0, low = 0] = groups.slice(6);
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

/** Addresses counted as one client: an IPv6 subscriber owns a whole /64 and could use a new address each time. */
export function addressGroup(address: string): string {
  if (!address.includes(':')) return address;
  const groups = expandIpv6(address);
  if (groups === undefined) return address;
  return `${groups.slice(0, 4).map(toHex).join(':')}::/64`;
}

function toHex(group: number): string {
  return group.toString(16);
}

/** The eight groups of an IPv6 address, or undefined when it is none. */
function expandIpv6(address: string): number[] | undefined {
  if (!isIPv6(address)) return undefined;
  const [head = '', tail] = address.split('::');
  const left = parseGroups(head);
  if (tail === undefined) return left;
  const right = parseGroups(tail);
  return [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
}

function parseGroups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}
