import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressGroup, createAddressSet, isAddressOrRange, normalizeAddress } from './address-set.ts';
import { createClientAddress, createSecureTransport } from './client-address.ts';

describe('createClientAddress', () => {
  it('believes nobody without trusted proxies', () => {
    const addressOf = createClientAddress([]);
    expect(addressOf('::ffff:198.51.100.7', '203.0.113.1')).toBe('198.51.100.7');
    expect(addressOf('198.51.100.7', '127.0.0.1')).toBe('198.51.100.7');
  });

  it.each([
    ['10.0.0.1', undefined, '10.0.0.1'],
    ['10.0.0.1', '', '10.0.0.1'],
    ['10.0.0.1', '203.0.113.1', '203.0.113.1'],
    ['::ffff:10.0.0.1', '203.0.113.1', '203.0.113.1'],
    ['10.0.0.1', '127.0.0.1, 203.0.113.1', '203.0.113.1'],
    ['10.0.0.1', '1.1.1.1, 203.0.113.1, 10.2.3.4', '203.0.113.1'],
    ['10.0.0.1', '203.0.113.1,10.9.9.9 , ::ffff:10.2.3.4', '203.0.113.1'],
    ['10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['10.0.0.1', '1.1.1.1, unknown', '10.0.0.1'],
    ['10.0.0.1', '1.1.1.1, nonsense, 10.0.0.2', '10.0.0.2'],
    ['10.0.0.1', '1.1.1.1,', '10.0.0.1'],
    ['10.0.0.1', '203.0.113.1:4711', '203.0.113.1'],
    ['10.0.0.1', '"[2001:db8::1]:4711"', '2001:db8::1'],
    ['10.0.0.1', '[2001:DB8::1]', '2001:db8::1'],
    ['fd00::1', '203.0.113.1', '203.0.113.1'],
    ['198.51.100.7', '203.0.113.1', '198.51.100.7'],
  ])('peer %s with X-Forwarded-For %j is %s', (peer, forwardedFor, expected) => {
    expect(createClientAddress(['10.0.0.0/8', 'fd00::/8'])(peer, forwardedFor)).toBe(expected);
  });

  it('never gives an address that only an untrusted hop vouches for', () => {
    const addressOf = createClientAddress(['10.0.0.0/8']);
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string())), fc.ipV4(), (forged, client) => {
        const expected = client.startsWith('10.') ? undefined : client;
        const seen = addressOf('10.0.0.1', [...forged, client, '10.0.0.2'].join(','));
        if (expected !== undefined) expect(seen).toBe(expected);
      }),
    );
  });

  it('stays cheap on a header full of commas', () => {
    expect(createClientAddress(['0.0.0.0/0'])('10.0.0.1', '10.0.0.2,'.repeat(5000))).toBe('10.0.0.1');
    expect(createClientAddress(['0.0.0.0/0'])('10.0.0.1', Array(5000).fill('10.0.0.2').join())).toBe('10.0.0.2');
  });
});

describe('createSecureTransport', () => {
  const isSecure = createSecureTransport(['10.0.0.0/8']);

  it.each([
    [true, '198.51.100.7', undefined, true],
    [false, '198.51.100.7', 'https', false],
    [false, '10.0.0.1', 'https', true],
    [false, '10.0.0.1', 'https, http', false],
    [false, '10.0.0.1', 'http, HTTPS', true],
    [false, '10.0.0.1', undefined, false],
  ])('encrypted %s, peer %s, X-Forwarded-Proto %s: %s', (isEncrypted, peerAddress, forwardedProto, expected) => {
    expect(isSecure({ isEncrypted, peerAddress, forwardedProto })).toBe(expected);
  });

  it('believes no header without trusted proxies', () => {
    const transport = { isEncrypted: false, peerAddress: '127.0.0.1', forwardedProto: 'https' };
    expect(createSecureTransport([])(transport)).toBe(false);
  });
});

describe('createAddressSet', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['10.0.0.0/8', '::FFFF:0a01:0203', true],
    ['10.0.0.0/8', '0:0:0:0:0:ffff:10.1.2.3', true],
    ['::ffff:10.0.0.0/104', '10.1.2.3', true],
    ['::ffff:10.1.2.3', '10.1.2.3', true],
    ['0.0.0.0/0', '1.2.3.4', true],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '1.2.3.4', false],
    ['::/0', 'fe80::1%eth0', true],
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.2', false],
    ['2001:db8::/32', '2001:DB8:1::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['192.0.2.1/32', 'not an address', false],
    ['::/0', '', false],
  ])('%s has %s: %s', (entry, address, expected) => {
    const isIn = createAddressSet([entry]);
    expect(isIn(address)).toBe(expected);
    expect(isIn(address), 'remembered').toBe(expected);
  });

  it.each([
    '10.0.0.0/33',
    '10.0.0/8',
    'example.com',
    '',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '::/129',
    'fe80::1%eth0',
    '1.2.3.4/1e1',
  ])('does not take %j', (entry) => {
    expect(isAddressOrRange(entry)).toBe(false);
    expect(() => createAddressSet(['10.0.0.1', entry])).toThrow(`"${entry}"`);
  });

  it('says the same of an IPv4 address in all its forms', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), fc.ipV4(), (network, prefix, address) => {
        const isIn = createAddressSet([`${network}/${prefix}`]);
        const hex = address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
        const mapped = [
          `::ffff:${address}`,
          `::ffff:${hex[0]}${hex[1]}:${hex[2]}${hex[3]}`,
          `0:0:0:0:0:FFFF:${address}`,
        ];
        for (const form of mapped) {
          expect(normalizeAddress(form)).toBe(address);
          expect(isIn(form)).toBe(isIn(address));
        }
        expect(isIn(network)).toBe(true);
      }),
    );
  });
});

describe('addressGroup', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['not:an:address', 'not:an:address'],
  ])('%s counts as %s', (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });
});
