import { beforeEach, describe, expect, it, vi } from 'vitest';
import { STALE_MS } from './fresh-values.ts';
import { eachImageScene, hash, type ImageScene, newBudget, newKey } from './image-scene.fixture.ts';

let scene: ImageScene;
eachImageScene((next) => {
  scene = next;
});

describe('what stands in for the record', () => {
  beforeEach(async () => {
    await scene.stores.keys.create({ ...newKey, hash: hash('a') });
  });

  it('is good for ten minutes after the record was last asked, to the millisecond', async () => {
    await scene.begin();
    scene.writer.close();
    scene.clock.advance(300_000);
    await scene.standIn.begin();
    expect(scene.standIn.ageMs).toBeGreaterThanOrEqual(300_000);
    scene.image.isAway = true;
    scene.clock.advance(STALE_MS - scene.standIn.ageMs! - 1);
    expect(scene.standIn.isInUse).toBe(true);
    scene.clock.advance(1);
    expect(scene.standIn.isInUse).toBe(false);
    expect(scene.forgotten).toBe(2);
    expect(scene.said.filter((text) => text.includes('too old'))).toHaveLength(1);
    scene.image.isAway = false;
    await scene.second();
    expect(await scene.standIn.find(hash('a'))).toBeUndefined();
  });

  it('is nothing where the image is too old, and becomes something when there is one', async () => {
    await scene.begin();
    scene.writer.close();
    scene.clock.advance(STALE_MS);
    await scene.standIn.begin();
    expect(scene.standIn.ageMs).toBeUndefined();
    expect(await scene.standIn.find(hash('a'))).toBeUndefined();
    scene.image.image!.writtenAt = scene.clock.now();
    await vi.waitFor(() => {
      scene.clock.advance(1_000);
      expect(scene.standIn.ageMs).toBeDefined();
    }, 10_000);
    expect(await scene.nameOf('a')).toBe(newKey.name);
  });

  it('takes over another image before a key of it is used', async () => {
    await scene.begin();
    const first = scene.image.image;
    await scene.stores.budgets.create(newBudget);
    await scene.retire({ topics: ['budgets'] });
    await scene.written();
    scene.writer.close();
    const next = scene.image.image;
    scene.image.image = first;
    await scene.standIn.begin();
    scene.image.image = next;
    expect(scene.taken).toHaveLength(1);
    expect(await scene.nameOf('a')).toBe(newKey.name);
    expect(scene.taken.map(({ budgets }) => budgets.length)).toEqual([0, 1]);
    expect(scene.forgotten).toBe(2);
  });

  it('asks again after it was dropped, and forgets what it said', async () => {
    await scene.begin();
    await scene.standIn.begin();
    scene.writer.close();
    await scene.image.drop();
    await vi.waitFor(() => {
      scene.clock.advance(1_000);
      expect(scene.standIn.isInUse).toBe(false);
    }, 10_000);
    expect(scene.forgotten).toBe(2);
  });

  it('says nothing any more when the record answers', async () => {
    await scene.begin();
    await scene.standIn.begin();
    await scene.standIn.end();
    const { reads } = scene.image;
    scene.clock.advance(60_000);
    expect(await scene.standIn.find(hash('a'))).toBeUndefined();
    expect(scene.image.reads).toBe(reads);
    expect(scene.standIn.ageMs).toBeUndefined();
  });

  it.each([
    ['made up', (sealed: string) => `${sealed.slice(0, -4)}AAAA`],
    ['of another key', () => scene.image.image!.fields.get(`key:${hash('b')}`)!],
    ['of an image before', () => before],
  ])('uses no key that is %s', async (_name, forge) => {
    await scene.stores.keys.create({ ...newKey, hash: hash('b') });
    await scene.begin();
    before = scene.image.image!.fields.get(`key:${hash('a')}`)!;
    await scene.stores.budgets.create(newBudget);
    await scene.retire({ topics: ['budgets'] });
    await scene.written();
    await scene.standIn.begin();
    expect(await scene.nameOf('a')).toBe(newKey.name);
    scene.image.image!.fields.set(`key:${hash('a')}`, forge(scene.image.image!.fields.get(`key:${hash('a')}`)!));
    expect(await scene.standIn.find(hash('a'))).toBeUndefined();
  });
  let before = '';

  it('uses no image that was sealed with another key, and says so once', async () => {
    await scene.begin('fedcba9876543210'.repeat(4));
    await scene.standIn.begin();
    for (let second = 0; second < 5; second++) await scene.second();
    expect(scene.standIn.isInUse).toBe(false);
    expect(scene.taken).toEqual([]);
    expect(scene.said.filter((text) => text.includes('is not used'))).toHaveLength(1);
  });
});
