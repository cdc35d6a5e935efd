import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { ProviderStore, StoredProvider } from '../stores/provider-store.ts';
import { createSecretBox } from './secret-box.ts';
import { isRotationDue, providerContext, resealProviders } from './secret-rotation.ts';

test('a credential is due after its days', () => {
  const day = 86_400_000;
  const set = { rotatedAt: 1000, apiKeyRef: null };
  expect(isRotationDue(set, 90, 1000 + 90 * day - 1)).toBe(false);
  expect(isRotationDue(set, 90, 1000 + 90 * day)).toBe(true);
  expect(isRotationDue({ ...set, rotatedAt: null }, 90, 1000 + 900 * day)).toBe(false);
  expect(isRotationDue({ ...set, apiKeyRef: 'file:/run/secret' }, 90, 1000 + 900 * day)).toBe(false);
});

test('no key is made where nothing is sealed', async () => {
  const openBox = () => Promise.reject(new Error('Somebody asked for a key.'));
  const store = { sealed: async () => [], reseal: async () => false };
  expect(await resealProviders(store, openBox)).toEqual({ resealed: 0, lost: [] });
});

test('credentials are sealed anew, and those that cannot be opened are named', async () => {
  const oldKey = '11'.repeat(32);
  const before = await createSecretBox({ keys: [oldKey], randomBytes });
  const lost = await createSecretBox({ keys: ['22'.repeat(32)], randomBytes });
  const after = await createSecretBox({ keys: ['33'.repeat(32), oldKey], randomBytes });
  const sealed = new Map([
    ['a', before.seal('secret a', providerContext('a'))],
    ['b', before.seal('secret b', providerContext('b'))],
    ['c', lost.seal('secret c', providerContext('c'))],
    // Moved here from another provider.
    ['d', before.seal('secret a', providerContext('a'))],
  ]);
  const store: Pick<ProviderStore, 'sealed' | 'reseal'> = {
    sealed: async () =>
      [...sealed].map(([id, apiKeyEncrypted]) => ({ id, name: `name of ${id}`, apiKeyEncrypted }) as StoredProvider),
    async reseal(id, from, { apiKeyEncrypted }) {
      if (id === 'b' || sealed.get(id) !== from) return false;
      sealed.set(id, apiKeyEncrypted);
      return true;
    },
  };
  const result = await resealProviders(store, async () => after);
  expect(result).toEqual({ resealed: 1, lost: ['name of c', 'name of d'] });
  const alone = await createSecretBox({ keys: ['33'.repeat(32)], randomBytes });
  expect(alone.open(sealed.get('a')!, providerContext('a'))).toBe('secret a');
});
