import { beforeEach, describe, expect, it } from 'vitest';
import { GatewayError } from '../canonical/gateway-error.ts';
import type { KeyAnswer } from '../policies/key-lookup.ts';
import type { Collection, StoredItem } from '../stores/collection.ts';
import type { ApiKey, FoundKey } from '../stores/key-store.ts';
import { createManualClock, type ManualClock } from '../stores/manual-clock.fixture.ts';
import type { TenantStore } from '../stores/tenant-store.ts';
import { KeyDirectory } from './key-directory.ts';

/** The record: what is asked of it is answered when the test says so, or at once. */
class FakeRecord {
  readonly keys = new Map<string, FoundKey>();
  readonly owners = new Map<string, StoredItem>();
  asked: string[] = [];
  isSilent = false;
  #held: (() => void)[] = [];
  #isHolding = false;

  hold(): void {
    this.#isHolding = true;
  }

  async release(): Promise<void> {
    this.#isHolding = false;
    for (const go of this.#held.splice(0)) go();
    await settle();
  }

  async findByHash(hash: string): Promise<FoundKey | undefined> {
    this.asked.push(hash);
    if (this.isSilent) throw new GatewayError('store_unavailable', 'silent');
    // What is read is what is there now, whenever it arrives.
    const found = this.keys.get(hash);
    if (this.#isHolding) await new Promise<void>((resolve) => this.#held.push(resolve));
    return found;
  }

  async validHashes(after: string, limit: number): Promise<readonly FoundKey[]> {
    if (this.isSilent) throw new GatewayError('store_unavailable', 'silent');
    return [...this.keys.values()]
      .filter(({ hash }) => hash > after)
      .sort((a, b) => (a.hash < b.hash ? -1 : 1))
      .slice(0, limit);
  }

  get tenants(): TenantStore {
    const collection = { get: async (id: string) => this.owners.get(id) } as unknown as Collection<never>;
    return { organisations: collection, teams: collection, tenants: collection };
  }
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

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

function put(hash: string, changes: Partial<ApiKey> = {}, validUntil: number | null = null): void {
  const key: ApiKey = {
    id: `id-of-${hash}`,
    name: hash,
    prefix: 'sk-',
    tenantId: null,
    teamId: null,
    scopes: {},
    requestsPerMinute: null,
    tokensPerMinute: null,
    tokenBudget: null,
    usageResetAt: null,
    maxConcurrent: null,
    metadata: {},
    createdAt: 0,
    updatedAt: 0,
    expiresAt: null,
    revokedAt: null,
    rotatedAt: null,
    graceUntil: null,
    lastUsedAt: null,
    ...changes,
  };
  record.keys.set(hash, { key, hash, validUntil });
}

const shortOf = (answer: KeyAnswer): string => ('refusal' in answer ? answer.refusal : answer.principal.name);
const find = async (hash: string): Promise<string> => shortOf(await directory.find(hash));
/** What is answered without a wait; undefined when there is one. */
const findNow = (hash: string): string | undefined => {
  const answer = directory.find(hash);
  if (answer instanceof Promise) {
    answer.catch(() => undefined);
    return undefined;
  }
  return shortOf(answer);
};

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
    directory.invalidate(['a']);
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
    directory.invalidate(['a']);
    // Who asks now does not join those who asked before.
    const late = find('a');
    await record.release();
    expect([await early, await late]).toEqual(['a', 'unknown']);
    expect(await find('a')).toBe('unknown');
  });
});

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

  it('a record that only hangs is waited for 50 ms, once a second', async () => {
    put('a');
    await find('a');
    record.hold();
    directory.invalidate();
    const waiting = find('a');
    clock.advance(50);
    expect(await waiting).toBe('a');
    expect(findNow('a')).toBe('a');
    clock.advance(1_001);
    expect(findNow('a')).toBeUndefined();
    await record.release();
  });

  it('what a change has made invalid is not good', async () => {
    put('a');
    await find('a');
    record.isSilent = true;
    directory.invalidate(['a']);
    await expect(directory.find('a')).rejects.toMatchObject({ kind: 'store_unavailable' });
  });

  it('keys that are not known are refused honestly', async () => {
    record.isSilent = true;
    await expect(directory.find('a')).rejects.toMatchObject({ kind: 'store_unavailable', status: 503 });
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
