import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createManualClock, type ManualClock } from './manual-clock.fixture.ts';
import type { NamespaceSettings, TenantStore } from './tenant-store.ts';

/** An empty store. */
export interface TenantStoreUnderTest {
  readonly tenants: TenantStore;
  readonly clear: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const settings: NamespaceSettings = {
  allowedModels: ['m'],
  allowedProviders: ['p'],
  regions: ['eu'],
  quotas: { requestsPerMinute: 5, tokensPerMinute: 10_000_000_000, maxConcurrent: 2, maxKeys: 3 },
  config: { defaultModel: 'gpt-4o', fallbacks: false },
  auditBodies: true,
};
const named = (name: string) => ({ name, settings: {}, isActive: true });

/** What every store of organisations, teams and tenants must do. */
export function testTenantStore(name: string, create: (clock: ManualClock) => Promise<TenantStoreUnderTest>): void {
  describe(name, () => {
    const clock = createManualClock();
    let underTest: TenantStoreUnderTest;
    let store: TenantStore;
    beforeAll(async () => {
      underTest = await create(clock);
      store = underTest.tenants;
    });
    afterAll(() => underTest.close());
    beforeEach(() => underTest.clear());

    test('keeps organisations, teams and tenants', async () => {
      const organisation = await store.organisations.create({ name: 'Org', settings, isActive: true });
      const times = { createdAt: clock.wallNow(), updatedAt: clock.wallNow() };
      expect(organisation).toEqual({ id: organisation.id, name: 'Org', settings, isActive: true, ...times });
      const team = await store.teams.create({ ...named('Team'), organisationId: organisation.id });
      const tenant = await store.tenants.create({ id: 'tenant-001', ...named('T'), organisationId: organisation.id });
      const free = await store.tenants.create({ id: 'free', ...named('F'), organisationId: null });
      expect(await store.organisations.get(organisation.id)).toEqual(organisation);
      expect(await store.teams.list({ where: { organisationId: organisation.id } })).toEqual([team]);
      expect(await store.tenants.get('tenant-001')).toEqual(tenant);
      expect(await store.tenants.list({ where: { organisationId: null } })).toEqual([free]);
      expect(await store.tenants.get('none')).toBeUndefined();
    });

    test('changes one and leaves the others', async () => {
      await store.tenants.create({ id: 'a', ...named('A'), organisationId: null });
      await store.tenants.create({ id: 'b', ...named('B'), organisationId: null });
      clock.advance(7);
      const changed = await store.tenants.update('a', { settings, isActive: false });
      expect(changed).toMatchObject({ id: 'a', name: 'A', settings, isActive: false, updatedAt: clock.wallNow() });
      expect(await store.tenants.get('a')).toEqual(changed);
      expect(await store.tenants.get('b')).toMatchObject({ name: 'B', settings: {}, isActive: true });
      expect(await store.tenants.update('none', { name: 'x' })).toBeUndefined();
    });

    test('lists what comes behind one that is gone', async () => {
      for (const id of ['a', 'b', 'c']) await store.tenants.create({ id, ...named(id), organisationId: null });
      const [last, middle, first] = await store.tenants.list();
      await store.tenants.delete('b');
      expect(await store.tenants.list({ behind: middle! })).toEqual([first]);
      expect(await store.tenants.list({ behind: last!, limit: 1 })).toEqual([first]);
    });

    test('refuses what is taken', async () => {
      const taken = { status: 409, code: 'already_exists' };
      const one = await store.organisations.create(named('One'));
      const two = await store.organisations.create(named('Two'));
      await expect(store.organisations.create(named('One'))).rejects.toMatchObject(taken);
      await store.tenants.create({ id: 'a', ...named('A'), organisationId: null });
      await expect(store.tenants.create({ id: 'a', ...named('B'), organisationId: null })).rejects.toMatchObject(taken);
      await expect(store.tenants.create({ id: 'b', ...named('A'), organisationId: null })).rejects.toMatchObject(taken);
      await store.teams.create({ ...named('T'), organisationId: one.id });
      await expect(store.teams.create({ ...named('T'), organisationId: one.id })).rejects.toMatchObject(taken);
      // Two organisations may call a team the same.
      await store.teams.create({ ...named('T'), organisationId: two.id });
    });

    test('refuses an organisation that does not exist', async () => {
      const missing = { kind: 'invalid_request' };
      await expect(store.teams.create({ ...named('T'), organisationId: 'none' })).rejects.toMatchObject(missing);
      await expect(store.tenants.create({ id: 'a', ...named('A'), organisationId: 'none' })).rejects.toMatchObject(
        missing,
      );
    });

    test('deletes from below', async () => {
      const organisation = await store.organisations.create(named('Org'));
      const team = await store.teams.create({ ...named('T'), organisationId: organisation.id });
      const inUse = { status: 409, code: 'in_use' };
      await expect(store.organisations.delete(organisation.id)).rejects.toMatchObject(inUse);
      expect(await store.teams.delete(team.id)).toBe(true);
      expect(await store.organisations.delete(organisation.id)).toBe(true);
      expect(await store.organisations.delete(organisation.id)).toBe(false);
    });
  });
}
