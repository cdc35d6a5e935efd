import { describe, expect, it, vi } from 'vitest';
import { eachImageScene, hash, type ImageScene, newBudget, newKey } from './image-scene.fixture.ts';

let scene: ImageScene;
eachImageScene((next) => {
  scene = next;
});

describe('an image of the record', () => {
  it('has keys as requests need them, providers, models and budgets, and nothing of them in clear', async () => {
    const { organisations, teams, tenants } = scene.stores.tenants;
    await organisations.create({ id: 'top', name: 'Top', settings: { allowedModels: ['m'] }, isActive: true });
    await tenants.create({ id: 'acme', name: 'Acme', settings: {}, isActive: true, organisationId: 'top' });
    await teams.create({ id: 'gone', name: 'Gone', settings: {}, isActive: false, organisationId: 'top' });
    const expiresAt = scene.clock.wallNow() + 5_000;
    await scene.stores.keys.create({ ...newKey, hash: hash('a'), tenantId: 'acme', tokenBudget: 9, expiresAt });
    await scene.stores.keys.create({ ...newKey, hash: hash('b'), teamId: 'gone' });
    await scene.stores.keys.create({ ...newKey, hash: hash('c'), scopes: { admin: 'all' } });
    const provider = await scene.stores.providers.create({
      name: 'main',
      kind: 'vllm',
      baseUrl: 'http://u:hidden@127.0.0.1:1',
      apiKeyEncrypted: null,
      keyId: null,
      apiKeyRef: 'env:HIDDEN',
      settings: {},
      isActive: true,
    });
    const model = { name: 'm', providerId: provider.id, providerModelName: 'M', settings: {}, isActive: true };
    await scene.stores.models.create(model);
    await scene.stores.budgets.create(newBudget);
    await scene.begin();
    await scene.standIn.begin();
    expect(scene.taken).toHaveLength(1);
    expect(scene.taken[0]?.targets.providers).toEqual([provider]);
    expect(scene.taken[0]?.targets.models).toMatchObject([model]);
    expect(scene.taken[0]?.budgets).toMatchObject([newBudget]);
    expect(await scene.standIn.find(hash('a'))).toMatchObject({
      endsAt: expiresAt,
      ownerIds: ['acme', 'top'],
      answer: {
        principal: {
          tenant: 'acme',
          organisation: 'top',
          scopes: { models: [['m']] },
          tokenBudget: { tokens: 9, since: 0 },
          limits: [{ scope: 'key', requestsPerMinute: 7 }],
        },
      },
    });
    expect(await scene.nameOf('b')).toBe('inactive');
    expect(await scene.nameOf('c')).toBe('administers');
    expect((await scene.standIn.find(hash('b')))?.endsAt).toBe(Number.POSITIVE_INFINITY);
    expect(await scene.standIn.find(hash('d'))).toBeUndefined();
    const all = [...scene.image.image!.fields].flat().join('\n');
    for (const secret of ['hidden', 'HIDDEN', 'to be found', 'acme', 'Acme']) expect(all).not.toContain(secret);
  });

  it('is there where there is no key and nothing else', async () => {
    await scene.begin();
    await scene.standIn.begin();
    const tenants = { known: [], isWhole: true };
    expect(scene.taken).toEqual([{ targets: { providers: [], models: [] }, budgets: [], tenants }]);
    expect(scene.standIn.ageMs).toBeLessThan(1_000);
    expect(await scene.standIn.find(hash('a'))).toBeUndefined();
  });

  it('has more rows and keys than fit into one call', async () => {
    for (let index = 0; index < 450; index++) {
      await scene.stores.budgets.create({ ...newBudget, name: `b${index}`, model: `m${index}` });
    }
    for (let index = 0; index < 250; index++) {
      await scene.stores.keys.create({ ...newKey, hash: String(index).padStart(64, '0') });
    }
    await scene.begin();
    await scene.standIn.begin();
    expect(new Set(scene.taken[0]?.budgets.map(({ name }) => name)).size).toBe(450);
    expect(await scene.standIn.find('249'.padStart(64, '0'))).toBeDefined();
    expect(await scene.standIn.find('0'.padStart(64, '0'))).toBeDefined();
  });

  it('follows changes, and a key that is refused is gone from it before that is answered', async () => {
    const key = await scene.stores.keys.create({ ...newKey, hash: hash('a') });
    await scene.begin();
    await scene.standIn.begin();
    expect(await scene.nameOf('a')).toBe(newKey.name);
    const { invalidHashes } = (await scene.stores.keys.revoke(key.id))!;
    await scene.retire({ topics: ['keys'], invalidHashes, changedIds: [key.id] });
    expect(scene.image.image).toBeUndefined();
    expect(await scene.standIn.find(hash('a'))).toBeUndefined();
    await scene.written();
    expect(await scene.standIn.find(hash('a'))).toBeUndefined();
    await scene.stores.keys.create({ ...newKey, name: 'another', hash: hash('b') });
    await scene.retire({ topics: ['keys'] });
    // Nobody lost anything by it, so the image from before stays until there is the next.
    expect(scene.image.image).toBeDefined();
    await scene.written();
    expect(await scene.nameOf('b')).toBe('another');
  });

  it('that somebody has begun to write is not published with a key that is refused meanwhile', async () => {
    const key = await scene.stores.keys.create({ ...newKey, hash: hash('a') });
    const append = scene.image.append.bind(scene.image);
    const change = vi.fn(async () => {
      await scene.stores.keys.revoke(key.id);
      await scene.retire({ topics: ['keys'], changedIds: [key.id] });
    });
    scene.image.append = async (version, fields) => {
      await append(version, fields);
      if (change.mock.calls.length === 0) await change();
    };
    const published = vi.spyOn(scene.image, 'publish');
    await scene.begin();
    expect(change).toHaveBeenCalledOnce();
    for (const { value } of published.mock.settledResults) expect(['kept', 'dropped']).toContain(value);
    expect([...scene.image.image!.fields.keys()]).not.toContain(`key:${hash('a')}`);
  });

  it('is of one revision, whatever somebody else changes while it is read', async () => {
    const append = scene.image.append.bind(scene.image);
    const change = vi.fn(() => scene.stores.budgets.create(newBudget));
    scene.image.append = async (version, fields) => {
      await append(version, fields);
      if (change.mock.calls.length === 0) await change();
    };
    await scene.begin();
    const { budgets, keys, providers, tenants } = await scene.stores.revisions.read();
    expect(scene.image.image?.revision).toBe(budgets + keys + providers + tenants);
    await scene.standIn.begin();
    expect(scene.taken[0]?.budgets).toHaveLength(1);
  });

  it('that could not be dropped is not renewed, and goes when the store answers again', async () => {
    const key = await scene.stores.keys.create({ ...newKey, hash: hash('a') });
    await scene.begin();
    const stale = scene.image.image!;
    scene.image.isAway = true;
    const { invalidHashes } = (await scene.stores.keys.revoke(key.id))!;
    await scene.retire({ topics: ['keys'], invalidHashes, changedIds: [key.id] });
    for (let second = 0; second < 60; second++) await scene.second();
    expect(scene.image.image).toBe(stale);
    expect(stale.writtenAt).toBeLessThan(scene.clock.now() - 59_000);
    expect(scene.said.filter((text) => text.includes('cannot be kept up to date'))).toHaveLength(1);
    scene.image.isAway = false;
    await scene.written();
    expect(scene.image.drops).toBe(1);
    await scene.standIn.begin();
    expect(await scene.standIn.find(hash('a'))).toBeUndefined();
  });

  it('is renewed while the record answers, without being written anew', async () => {
    await scene.begin();
    const { version, writtenAt } = scene.image.image!;
    await vi.waitFor(() => {
      scene.clock.advance(30_000);
      expect(scene.image.image?.writtenAt).toBeGreaterThan(writtenAt);
    }, 10_000);
    expect(scene.image.image?.version).toBe(version);
  });

  describe('of a later revision than the record', () => {
    /** What is there is the image of a record that was changed more often. */
    const makeLater = () => {
      scene.image.image = { ...scene.image.image!, revision: 1_000 };
    };

    it('stayed for ten minutes after the record was restored from a backup', async () => {
      await scene.stores.keys.create({ ...newKey, hash: hash('a') });
      await scene.begin();
      makeLater();
      scene.writer.soon();
      await scene.written();
      expect(scene.image.image?.revision).toBe(1);
      expect(scene.said.filter((text) => text.includes('restored backup'))).toHaveLength(1);
    });

    it('stays where the record is as new again within seconds, as a standby that lagged', async () => {
      await scene.begin();
      makeLater();
      const { version } = scene.image.image!;
      scene.writer.soon();
      for (let seconds = 0; seconds < 4; seconds++) await scene.second();
      const read = scene.stores.revisions.read.bind(scene.stores.revisions);
      scene.stores.revisions.read = async () => ({
        ...(await read()),
        keys: 1_000,
        budgets: 0,
        providers: 0,
        tenants: 0,
      });
      for (let seconds = 0; seconds < 30; seconds++) await scene.second();
      expect([scene.image.image?.version, scene.image.drops]).toEqual([version, 0]);
    });
  });

  it('is not kept where nothing could seal it', async () => {
    scene.writer.begin(undefined);
    for (let seconds = 0; seconds < 60; seconds++) await scene.second();
    expect(scene.image.image).toBeUndefined();
    expect(scene.said).toEqual([expect.stringContaining('nothing could seal it')]);
  });
});
