import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ApiKey, type KeyStore, keyState, type NewKey } from './key-store.ts';
import { createManualClock, type ManualClock } from './manual-clock.fixture.ts';
import type { TenantStore } from './tenant-store.ts';

/** An empty store, and the tenants and teams that its keys may belong to. */
export interface KeyStoreUnderTest {
  readonly keys: KeyStore;
  readonly tenants: TenantStore;
  readonly clear: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

/** A key that may do everything, as its maker gives it. */
export const newKey = (name: string, changes: Partial<NewKey> = {}): NewKey => ({
  name,
  hash: hashOf(name),
  prefix: 'sk-12345678',
  tenantId: null,
  teamId: null,
  scopes: {},
  requestsPerMinute: null,
  tokensPerMinute: null,
  tokenBudget: null,
  maxConcurrent: null,
  metadata: {},
  expiresAt: null,
  ...changes,
});

/** What every key store must do, on the clock that `create` gets. */
export function testKeyStore(name: string, create: (clock: ManualClock) => Promise<KeyStoreUnderTest>): void {
  describe(name, () => {
    const clock = createManualClock();
    let underTest: KeyStoreUnderTest;
    let keys: KeyStore;
    beforeAll(async () => {
      underTest = await create(clock);
      keys = underTest.keys;
    });
    afterAll(() => underTest.close());
    beforeEach(() => underTest.clear());

    const stateOf = async (hash: string) => {
      const found = await keys.findByHash(hash);
      return found === undefined ? 'unknown' : keyState(found, clock.wallNow());
    };

    test('gives a tenant as many valid keys as it may have', async () => {
      const settings = { quotas: { maxKeys: 1 } };
      await underTest.tenants.tenants.create({ id: 't', name: 't', organisationId: null, settings, isActive: true });
      const make = (at: number) => keys.create(newKey(`${at}`, { tenantId: 't', expiresAt: at }));
      await Promise.all([make(clock.wallNow()), make(clock.wallNow() + 1)]);
      await expect(make(clock.wallNow() + 2)).rejects.toMatchObject({ status: 409, code: 'quota_exceeded' });
    });

    test('keeps everything that a key is made with', async () => {
      const { tenants } = underTest;
      const organisation = await tenants.organisations.create({ name: 'Org', settings: {}, isActive: true });
      const team = await tenants.teams.create({
        name: 'T',
        organisationId: organisation.id,
        settings: {},
        isActive: true,
      });
      await tenants.tenants.create({ id: 'acme', name: 'Acme', organisationId: null, settings: {}, isActive: true });
      const given = newKey('all', {
        tenantId: 'acme',
        teamId: team.id,
        scopes: { models: ['m/1'], endpoints: ['chat'], addresses: ['10.0.0.0/8'], admin: 'read' },
        requestsPerMinute: 60,
        tokensPerMinute: 9_000_000_000,
        tokenBudget: 9_000_000_000_000,
        maxConcurrent: 3,
        metadata: { owner: 'ä 🙂', nested: { list: [1, null] } },
        expiresAt: clock.wallNow() + 5,
      });
      const { hash: _hash, ...expected } = given;
      const key = await keys.create(given);
      expect(key).toEqual({
        ...expected,
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        createdAt: clock.wallNow(),
        updatedAt: clock.wallNow(),
        rotatedAt: null,
        revokedAt: null,
        graceUntil: null,
        lastUsedAt: null,
        usageResetAt: null,
      });
      expect(await keys.get(key.id)).toEqual(key);
      expect(await keys.findByHash(given.hash)).toEqual({ key, hash: given.hash, validUntil: null });
    });

    test('knows no other id and no other hash', async () => {
      await keys.create(newKey('a'));
      expect(await keys.get('none')).toBeUndefined();
      expect(await keys.findByHash(hashOf('b'))).toBeUndefined();
      expect(await keys.update('none', { name: 'b' })).toBeUndefined();
      expect(await keys.rotate('none', { hash: hashOf('b'), prefix: '' })).toBeUndefined();
      expect(await keys.revoke('none')).toBeUndefined();
    });

    test('refuses a hash that is there, and a tenant or team that is not', async () => {
      await keys.create(newKey('a'));
      await expect(keys.create(newKey('a'))).rejects.toMatchObject({ status: 409, code: 'already_exists' });
      await expect(keys.create(newKey('b', { tenantId: 'none' }))).rejects.toMatchObject({ kind: 'invalid_request' });
      await expect(keys.create(newKey('b', { teamId: 'none' }))).rejects.toMatchObject({ kind: 'invalid_request' });
      // A name is only a name.
      await keys.create(newKey('a', { hash: hashOf('other') }));
      expect(await keys.list()).toHaveLength(2);
    });

    test('lists the newest first, page by page, and by what they belong to', async () => {
      await underTest.tenants.tenants.create({
        id: 't',
        name: 'T',
        organisationId: null,
        settings: {},
        isActive: true,
      });
      for (let index = 0; index < 5; index += 1) {
        clock.advance(index % 2);
        await keys.create(newKey(`${index}`, { tenantId: index < 2 ? 't' : null }));
      }
      const all = await keys.list();
      expect(all.map(({ createdAt }) => createdAt)).toEqual(
        [...all.map(({ createdAt }) => createdAt)].sort((a, b) => b - a),
      );
      const pages = [];
      for (let behind: ApiKey | undefined; ; ) {
        const page = await keys.list({ limit: 2, ...(behind === undefined ? {} : { behind }) });
        pages.push(...page);
        behind = page.at(-1);
        if (page.length < 2) break;
      }
      expect(pages).toEqual(all);
      expect(await keys.list({ where: { tenantId: 't' } })).toHaveLength(2);
      expect(await keys.list({ where: { tenantId: null } })).toHaveLength(3);
      expect(await keys.list({ where: { tenantId: "' OR 1=1 --" } })).toHaveLength(0);
    });

    test('changes what is named and nothing else', async () => {
      const key = await keys.create(newKey('a', { requestsPerMinute: 5, metadata: { a: 1 } }));
      clock.advance(1000);
      const changed = await keys.update(key.id, { name: 'b', requestsPerMinute: null, expiresAt: clock.wallNow() });
      expect(changed).toEqual({
        ...key,
        name: 'b',
        requestsPerMinute: null,
        expiresAt: clock.wallNow(),
        updatedAt: clock.wallNow(),
      });
      expect(await keys.get(key.id)).toEqual(changed);
      expect(await stateOf(hashOf('a'))).toBe('expired');
    });

    test('replaces a key at once', async () => {
      const key = await keys.create(newKey('a'));
      clock.advance(1);
      const rotated = await keys.rotate(key.id, { hash: hashOf('b'), prefix: 'sk-bbbb' });
      const expected = { ...key, prefix: 'sk-bbbb', rotatedAt: clock.wallNow(), updatedAt: clock.wallNow() };
      expect(rotated).toEqual({ key: expected, invalidHashes: [hashOf('a')] });
      expect([await stateOf(hashOf('a')), await stateOf(hashOf('b'))]).toEqual(['unknown', 'valid']);
    });

    test('replaces a key with grace: the one before is valid until then, and only the one before', async () => {
      const key = await keys.create(newKey('a'));
      const graceUntil = clock.wallNow() + 100;
      const rotated = await keys.rotate(key.id, { hash: hashOf('b'), prefix: '', graceUntil });
      expect(rotated).toMatchObject({ key: { graceUntil }, invalidHashes: [] });
      expect([await stateOf(hashOf('a')), await stateOf(hashOf('b'))]).toEqual(['valid', 'valid']);
      expect(await keys.findByHash(hashOf('a'))).toMatchObject({ key: { id: key.id }, validUntil: graceUntil });
      clock.advance(99);
      expect(await stateOf(hashOf('a'))).toBe('valid');
      clock.advance(1);
      expect(await stateOf(hashOf('a'))).toBe('replaced');

      const again = await keys.rotate(key.id, { hash: hashOf('c'), prefix: '', graceUntil: clock.wallNow() + 100 });
      expect(again?.invalidHashes).toEqual([hashOf('a')]);
      expect(await stateOf(hashOf('a'))).toBe('unknown');
      expect([await stateOf(hashOf('b')), await stateOf(hashOf('c'))]).toEqual(['valid', 'valid']);
      const hard = await keys.rotate(key.id, { hash: hashOf('d'), prefix: '' });
      expect([...(hard?.invalidHashes ?? [])].sort()).toEqual([hashOf('b'), hashOf('c')].sort());
    });

    test('revokes for good, and still lists', async () => {
      const key = await keys.create(newKey('a'));
      await keys.rotate(key.id, { hash: hashOf('b'), prefix: '', graceUntil: clock.wallNow() + 100 });
      const revoked = await keys.revoke(key.id);
      const revokedAt = clock.wallNow();
      expect(revoked?.key).toMatchObject({ id: key.id, revokedAt });
      expect([...(revoked?.invalidHashes ?? [])].sort()).toEqual([hashOf('a'), hashOf('b')].sort());
      expect([await stateOf(hashOf('a')), await stateOf(hashOf('b'))]).toEqual(['unknown', 'revoked']);
      expect(await keys.list()).toMatchObject([{ id: key.id, revokedAt }]);
      clock.advance(1);
      expect(await keys.revoke(key.id)).toMatchObject({ key: { revokedAt }, invalidHashes: [] });
      expect(await keys.rotate(key.id, { hash: hashOf('c'), prefix: '' })).toBeUndefined();
    });

    test('rotates once when many rotate at once: every hash but the last is invalid', async () => {
      const key = await keys.create(newKey('0'));
      const names = Array.from({ length: 8 }, (_, index) => `${index + 1}`);
      const changes = await Promise.all(names.map((to) => keys.rotate(key.id, { hash: hashOf(to), prefix: '' })));
      const invalid = changes.flatMap((change) => change?.invalidHashes ?? []);
      const valid = [];
      for (const to of ['0', ...names]) if ((await stateOf(hashOf(to))) === 'valid') valid.push(hashOf(to));
      expect(valid).toHaveLength(1);
      expect([...invalid, ...valid].sort()).toEqual(['0', ...names].map(hashOf).sort());
    });

    test('notes uses of many keys at once, and never goes back', async () => {
      const made = [];
      for (let index = 0; index < 3; index += 1) made.push(await keys.create(newKey(`${index}`)));
      const [a, b, c] = made.map(({ id }) => id);
      await keys.touch([
        { id: a!, at: 100 },
        { id: b!, at: 200 },
        { id: 'none', at: 300 },
      ]);
      await keys.touch([
        { id: a!, at: 50 },
        { id: b!, at: 250 },
      ]);
      await keys.touch([]);
      const used = async (id: string) => (await keys.get(id))?.lastUsedAt;
      expect([await used(a!), await used(b!), await used(c!)]).toEqual([100, 250, null]);
      // A use is no change of a key.
      expect((await keys.get(a!))?.updatedAt).toBe(made[0]?.updatedAt);
    });

    test('notes the uses of more keys than one statement takes, from two sides', async () => {
      const ids: string[] = [];
      for (let index = 0; index < 40; index += 1) ids.push((await keys.create(newKey(`${index}`))).id);
      const uses = Array.from({ length: 1200 }, (_, index) => ({ id: ids[index % 40]!, at: index }));
      await Promise.all([keys.touch(uses.slice(600)), keys.touch([...uses].reverse())]);
      for (const [index, id] of ids.entries())
        expect((await keys.get(id))?.lastUsedAt).toBeGreaterThanOrEqual(560 + index);
    });

    test('gives every valid hash, in pages', async () => {
      const now = clock.wallNow();
      await keys.create(newKey('valid'));
      await keys.create(newKey('expired', { expiresAt: now }));
      const revoked = await keys.create(newKey('revoked'));
      await keys.revoke(revoked.id);
      const rotated = await keys.create(newKey('before'));
      await keys.rotate(rotated.id, { hash: hashOf('after'), prefix: '', graceUntil: now + 10 });
      const late = await keys.create(newKey('late'));
      await keys.rotate(late.id, { hash: hashOf('later'), prefix: '', graceUntil: now + 1 });
      clock.advance(5);
      const found = [];
      for (let after = ''; ; ) {
        const page = await keys.validHashes(after, 2);
        found.push(...page);
        if (page.length < 2) break;
        after = page.at(-1)!.hash;
      }
      expect(found.map(({ hash }) => hash)).toEqual(['valid', 'before', 'after', 'later'].map(hashOf).sort());
      for (const entry of found) {
        expect(entry).toEqual(await keys.findByHash(entry.hash));
        expect(keyState(entry, clock.wallNow())).toBe('valid');
      }
    });

    test('gives every budget of tokens that holds, and from when on', async () => {
      await keys.create(newKey('without'));
      const first = await keys.create(newKey('first', { tokenBudget: 1_000 }));
      expect(first).toMatchObject({ tokenBudget: 1_000, usageResetAt: null });
      const reset = await keys.create(newKey('reset', { tokenBudget: Number.MAX_SAFE_INTEGER }));
      const usageResetAt = clock.wallNow();
      expect(await keys.update(reset.id, { usageResetAt })).toMatchObject({ usageResetAt });
      const revoked = await keys.create(newKey('revoked', { tokenBudget: 1 }));
      await keys.revoke(revoked.id);
      const budgets = await keys.tokenBudgets();
      expect(new Set(budgets)).toEqual(
        new Set([
          { id: first.id, tokens: 1_000, since: 0 },
          { id: reset.id, tokens: Number.MAX_SAFE_INTEGER, since: usageResetAt },
        ]),
      );
    });

    test('keeps any metadata as it is', async () => {
      const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);
      await fc.assert(
        fc.asyncProperty(fc.dictionary(fc.string(), json), fc.uuid(), async (metadata, id) => {
          const key = await keys.create(newKey(id, { metadata }));
          expect((await keys.get(key.id))?.metadata).toEqual(metadata);
        }),
        { numRuns: 25 },
      );
    });
  });
}
