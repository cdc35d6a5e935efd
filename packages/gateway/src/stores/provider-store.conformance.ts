import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createManualClock, type ManualClock } from './manual-clock.fixture.ts';
import type { ModelStore, ProviderStore } from './provider-store.ts';

/** Empty stores of providers and of the models that refer to them. */
export interface ProviderStoreUnderTest {
  readonly providers: ProviderStore;
  readonly models: ModelStore;
  readonly clear: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const provider = (name: string) => ({
  name,
  kind: 'acme',
  baseUrl: null,
  apiKeyEncrypted: null,
  keyId: null,
  apiKeyRef: null,
  settings: {},
  isActive: true,
});
const model = (name: string, providerId: string) => ({
  name,
  providerId,
  providerModelName: name,
  settings: {},
  isActive: true,
});

/** What every store of providers and models must do, on the clock that `create` gets. */
export function testProviderStore(name: string, create: (clock: ManualClock) => Promise<ProviderStoreUnderTest>): void {
  describe(name, () => {
    const clock = createManualClock();
    let underTest: ProviderStoreUnderTest;
    let providers: ProviderStore;
    let models: ModelStore;
    beforeAll(async () => {
      underTest = await create(clock);
      ({ providers, models } = underTest);
    });
    afterAll(() => underTest.close());
    beforeEach(() => underTest.clear());

    test('keeps a provider', async () => {
      const given = {
        ...provider('one'),
        baseUrl: 'https://example.test/v1',
        apiKeyEncrypted: 'v1.sealed',
        keyId: 'k1',
        settings: { region: 'eu', headers: { a: 'b' } },
        isActive: false,
      };
      const made = await providers.create(given);
      const now = clock.wallNow();
      expect(made).toEqual({ ...given, id: made.id, createdAt: now, updatedAt: now, rotatedAt: now });
      expect(await providers.get(made.id)).toEqual(made);
      clock.advance(1);
      const keyless = await providers.create(provider('two'));
      expect(keyless.rotatedAt).toBeNull();
      expect(await providers.list()).toEqual([keyless, made]);
      expect(await providers.get('none')).toBeUndefined();
    });

    test('changes what is named, and knows when the credential was set', async () => {
      const made = await providers.create({ ...provider('one'), apiKeyRef: 'env:ONE' });
      clock.advance(10);
      const renamed = await providers.update(made.id, { name: 'uno', isActive: false });
      expect(renamed).toEqual({ ...made, name: 'uno', isActive: false, updatedAt: clock.wallNow() });
      clock.advance(10);
      const sealed = await providers.update(made.id, { apiKeyEncrypted: 'x', keyId: 'k', apiKeyRef: null });
      expect(sealed).toMatchObject({ apiKeyEncrypted: 'x', apiKeyRef: null, rotatedAt: clock.wallNow() });
      expect(await providers.get(made.id)).toEqual(sealed);
      expect(await providers.update('none', { name: 'x' })).toBeUndefined();
    });

    test('refuses a name that is taken', async () => {
      const taken = { status: 409, code: 'already_exists' };
      const one = await providers.create(provider('one'));
      const two = await providers.create(provider('two'));
      await expect(providers.create(provider('one'))).rejects.toMatchObject(taken);
      await expect(providers.update(two.id, { name: 'one' })).rejects.toMatchObject(taken);
      await models.create(model('m', one.id));
      await expect(models.create(model('m', two.id))).rejects.toMatchObject(taken);
      expect(await providers.get(two.id)).toEqual(two);
    });

    test('keeps a model with its provider’s name', async () => {
      const one = await providers.create(provider('one'));
      const made = await models.create({ ...model('m/x', one.id), providerModelName: 'real', settings: { a: 1 } });
      expect(made).toMatchObject({ name: 'm/x', providerName: 'one', providerModelName: 'real', settings: { a: 1 } });
      expect(await models.get(made.id)).toEqual(made);
      await providers.update(one.id, { name: 'uno' });
      clock.advance(1);
      const changed = await models.update(made.id, { providerModelName: 'other', isActive: false });
      expect(changed).toEqual({
        ...made,
        providerName: 'uno',
        providerModelName: 'other',
        isActive: false,
        updatedAt: clock.wallNow(),
      });
      expect(await models.list()).toEqual([changed]);
      expect(await models.list({ where: { providerId: 'none' } })).toEqual([]);
      expect(await models.update('none', { name: 'x' })).toBeUndefined();
    });

    test('takes no model of a provider that does not exist', async () => {
      const missing = { kind: 'invalid_request', status: 400 };
      await expect(models.create(model('m', 'none'))).rejects.toMatchObject(missing);
      const one = await providers.create(provider('one'));
      const made = await models.create(model('m', one.id));
      await expect(models.update(made.id, { providerId: 'none' })).rejects.toMatchObject(missing);
    });

    test('deletes what nothing refers to', async () => {
      const one = await providers.create(provider('one'));
      const made = await models.create(model('m', one.id));
      await expect(providers.delete(one.id)).rejects.toMatchObject({ status: 409, code: 'in_use' });
      expect(await models.delete(made.id)).toBe(true);
      expect(await models.delete(made.id)).toBe(false);
      expect(await providers.delete(one.id)).toBe(true);
      expect(await providers.delete(one.id)).toBe(false);
      expect(await providers.list()).toEqual([]);
    });

    test('seals a credential anew unless it was changed meanwhile', async () => {
      const old = { ...provider('old'), apiKeyEncrypted: 'a', keyId: 'k1' };
      const one = await providers.create(old);
      const two = await providers.create({ ...old, name: 'two' });
      const fresh = await providers.create({ ...old, name: 'new', keyId: 'k2' });
      await providers.create({ ...provider('ref'), apiKeyRef: 'env:X' });
      const sealed = await providers.sealed();
      expect(sealed.map(({ id }) => id).sort()).toEqual([one.id, two.id, fresh.id].sort());
      clock.advance(1);
      await providers.update(two.id, { apiKeyEncrypted: 'changed', keyId: 'k2' });
      expect(await providers.reseal(one.id, 'a', { apiKeyEncrypted: 'b', keyId: 'k2' })).toBe(true);
      expect(await providers.reseal(two.id, 'a', { apiKeyEncrypted: 'b', keyId: 'k2' })).toBe(false);
      expect(await providers.get(one.id)).toEqual({ ...one, apiKeyEncrypted: 'b', keyId: 'k2' });
      expect(await providers.get(two.id)).toMatchObject({ apiKeyEncrypted: 'changed' });
    });
  });
}
