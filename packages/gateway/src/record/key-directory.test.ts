import { beforeEach, describe, expect, it } from 'vitest';
import type { StoredItem } from '../stores/collection.ts';
import { createManualClock, type ManualClock } from '../stores/manual-clock.fixture.ts';
import { askInShort, FakeRecord, settle } from './fake-record.fixture.ts';
import { KeyDirectory } from './key-directory.ts';

let record: FakeRecord;
let clock: ManualClock;
let used: string[];
let directory: KeyDirectory;
beforeEach(() => {
  record = new FakeRecord();
  clock = createManualClock();
  used = [];
  directory = new KeyDirectory({ keys: record, tenants: record.tenants, clock, onUse: (id) => used.push(id) });
});

const put: FakeRecord['put'] = (...key) => record.put(...key);
const { find, findNow } = askInShort(() => directory);

describe('a key', () => {
  it('is asked for once, and then known', async () => {
    put('a');
    expect(await find('a')).toBe('a');
    expect([findNow('a'), findNow('a')]).toEqual(['a', 'a']);
    expect(record.asked).toEqual(['a']);
    expect(used).toEqual(['id-of-a', 'id-of-a', 'id-of-a']);
  });

  it('that many want at the same time is asked for once', async () => {
    put('a');
    record.hold();
    const answers = Array.from({ length: 50 }, () => find('a'));
    await record.release();
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['a']));
    expect(record.asked).toHaveLength(1);
  });

  it('that is in use is read anew behind the requests, which do not wait', async () => {
    put('a');
    await find('a');
    for (let round = 0; round < 10; round++) {
      clock.advance(31_000);
      expect(findNow('a')).toBe('a');
      await settle();
    }
    expect(record.asked).toHaveLength(11);
  });

  it('that was not used for a minute is read before it is', async () => {
    put('a');
    await find('a');
    record.keys.clear();
    clock.advance(61_000);
    expect(await find('a')).toBe('unknown');
  });

  it('is not known for longer than it lasts', async () => {
    put('a', { expiresAt: clock.wallNow() + 5_000 });
    put('b', {}, clock.wallNow() + 5_000);
    expect([await find('a'), await find('b')]).toEqual(['a', 'b']);
    clock.advance(5_000);
    expect([findNow('a'), findNow('b')]).toEqual(['expired', 'expired']);
  });

  it.each([
    [{ revokedAt: 1 }, 'revoked'],
    [{ expiresAt: 1 }, 'expired'],
    [{ scopes: { admin: 'read' } }, 'administers'],
    [{ tenantId: 'off' }, 'inactive'],
    [{ teamId: 'off' }, 'inactive'],
    [{ teamId: 'of-off' }, 'inactive'],
  ] as const)('with %j is %s', async (changes, expected) => {
    const item = { createdAt: 0, updatedAt: 0, name: '', settings: {} };
    record.owners.set('off', { ...item, id: 'off', isActive: false } as StoredItem);
    record.owners.set('of-off', { ...item, id: 'of-off', isActive: true, organisationId: 'off' } as StoredItem);
    put('a', changes);
    expect(await find('a')).toBe(expected);
    expect(findNow('a')).toBe(expected);
  });
});

it('between two organisations is of both', async () => {
  const item = { createdAt: 0, updatedAt: 0, name: '', settings: {}, isActive: true };
  const put = (id: string, more: object = {}) => record.owners.set(id, { ...item, id, ...more } as StoredItem);
  for (const id of ['one', 'two']) put(id);
  put('team', { organisationId: 'one' });
  put('tenant', { organisationId: 'two' });
  record.put('a', { teamId: 'team', tenantId: 'tenant' });
  const principal = { organisation: 'one', otherOrganisation: 'two' };
  expect(await directory.find('a')).toMatchObject({ principal });
});

describe('a hash of no key', () => {
  it('is remembered for two seconds', async () => {
    expect(await find('x')).toBe('unknown');
    expect(findNow('x')).toBe('unknown');
    put('x');
    clock.advance(2_000);
    expect(await find('x')).toBe('x');
  });

  it('is not remembered over a change', async () => {
    expect(await find('x')).toBe('unknown');
    put('x');
    directory.invalidate();
    expect(await find('x')).toBe('x');
  });

  it('pushes no key out, however many there are', async () => {
    put('a');
    await find('a');
    for (let count = 0; count < 30_000; count++) await directory.find(`guess-${count}`);
    expect(findNow('a')).toBe('a');
  });
});

describe('a change', () => {
  it('is seen by the very next request', async () => {
    put('a');
    await find('a');
    record.keys.delete('a');
    directory.invalidate({ invalidHashes: ['a'] });
    expect(await find('a')).toBe('unknown');
  });

  it('of somebody else’s is seen as well', async () => {
    put('a');
    await find('a');
    put('a', { revokedAt: 1 });
    directory.invalidate();
    expect(await find('a')).toBe('revoked');
  });

  it('is not undone by what was read before it and arrives after it', async () => {
    put('a');
    record.hold();
    const early = find('a');
    record.keys.delete('a');
    directory.invalidate({ invalidHashes: ['a'] });
    // Who asks now does not join those who asked before.
    const late = find('a');
    await record.release();
    expect([await early, await late]).toEqual(['a', 'unknown']);
    expect(await find('a')).toBe('unknown');
  });
});

describe('warming', () => {
  it('makes all valid keys known', async () => {
    for (let count = 0; count < 2_500; count++) put(`key-${String(count).padStart(5, '0')}`);
    await directory.warm();
    expect(findNow('key-00000')).toBe('key-00000');
    expect(findNow('key-02499')).toBe('key-02499');
    expect(record.asked).toEqual([]);
  });
});
