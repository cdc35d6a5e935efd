import { beforeEach, describe, expect, it } from 'vitest';
import type { StoredItem } from '../stores/collection.ts';
import { createManualClock, type ManualClock } from '../stores/manual-clock.fixture.ts';
import { askInShort, FakeRecord, settle } from './fake-record.fixture.ts';
import { KeyDirectory } from './key-directory.ts';

let record: FakeRecord;
let clock: ManualClock;
let directory: KeyDirectory;
beforeEach(() => {
  record = new FakeRecord();
  clock = createManualClock();
  directory = new KeyDirectory({ keys: record, tenants: record.tenants, clock, onUse: () => undefined });
});

const put: FakeRecord['put'] = (...key) => record.put(...key);
const { find, findNow } = askInShort(() => directory);

describe('while the record is silent', () => {
  it('what was read within ten minutes is good, and costs one short wait', async () => {
    put('a');
    await find('a');
    record.isSilent = true;
    directory.invalidate();
    expect(await find('a')).toBe('a');
    for (let count = 0; count < 100; count++) expect(findNow('a')).toBe('a');
    clock.advance(599_000);
    expect(await find('a')).toBe('a');
    clock.advance(2_000);
    await expect(directory.find('a')).rejects.toMatchObject({ kind: 'store_unavailable' });
    record.isSilent = false;
    expect(await find('a')).toBe('a');
  });

  it('a record that only hangs is waited for two seconds after a change, and then 50 ms, once a second', async () => {
    put('a');
    await find('a');
    record.hold();
    directory.invalidate();
    const waiting = find('a');
    clock.advance(1_999);
    await settle();
    clock.advance(1);
    expect(await waiting).toBe('a');
    for (let again = 0; again < 3; again++) {
      expect(findNow('a')).toBe('a');
      clock.advance(1_001);
      const late = find('a');
      clock.advance(50);
      expect(await late).toBe('a');
    }
    await record.release();
  });

  it('a record that only hangs is waited for 50 ms for what is merely old', async () => {
    put('a');
    await find('a');
    record.hold();
    clock.advance(61_000);
    const waiting = find('a');
    clock.advance(50);
    expect(await waiting).toBe('a');
    await record.release();
  });

  it('what is known to be another is not good, and others are', async () => {
    put('a');
    put('b', { tenantId: 'moved' });
    put('c');
    await Promise.all(['a', 'b', 'c'].map(find));
    await directory.findTenant('moved');
    await directory.findTenant('other');
    record.isSilent = true;
    directory.invalidate({ changedIds: ['id-of-a', 'moved'] });
    for (const hash of ['a', 'b']) {
      await expect(directory.find(hash)).rejects.toMatchObject({ kind: 'store_unavailable' });
    }
    expect(await find('c')).toBe('c');
    await expect(directory.findTenant('moved')).rejects.toMatchObject({ kind: 'store_unavailable' });
    expect(await directory.findTenant('other')).toMatchObject({ namespaces: [] });
  });

  it('what a change has made invalid is not good', async () => {
    put('a');
    await find('a');
    record.isSilent = true;
    directory.invalidate({ invalidHashes: ['a'] });
    await expect(directory.find('a')).rejects.toMatchObject({ kind: 'store_unavailable' });
  });

  it('keys that are not known are refused honestly', async () => {
    record.isSilent = true;
    await expect(directory.find('a')).rejects.toMatchObject({ kind: 'store_unavailable', status: 503 });
  });
});

describe('a tenant that keys of the configuration name', () => {
  const tenant = (changes: object = {}) =>
    ({ createdAt: 0, updatedAt: 0, id: 't', name: 't', settings: {}, isActive: true, ...changes }) as StoredItem;

  it('is what the record says, at once where it is known, and says nothing where there is none', async () => {
    expect(await directory.findTenant('t')).toEqual({ namespaces: [], organisation: undefined });
    record.owners.set('t', tenant({ organisationId: 'o', settings: { regions: ['eu'] } }));
    record.owners.set('o', { ...tenant({ settings: { allowedModels: ['m'] } }), id: 'o' });
    // Nobody said that it is there now.
    expect(directory.findTenant('t')).toMatchObject({ namespaces: [] });
    directory.invalidate({ changedIds: ['t'] });
    const known = await directory.findTenant('t');
    expect(known).toEqual({
      organisation: 'o',
      namespaces: [
        { scope: 'tenant', id: 't', settings: { regions: ['eu'] } },
        { scope: 'organisation', id: 'o', settings: { allowedModels: ['m'] } },
      ],
    });
    expect(directory.findTenant('t')).toBe(known);
  });

  it('is switched off with its organisation', async () => {
    record.owners.set('t', tenant({ organisationId: 'o' }));
    record.owners.set('o', { ...tenant({ isActive: false }), id: 'o' } as StoredItem);
    expect(await directory.findTenant('t')).toEqual({ refusal: 'inactive' });
  });
});
