import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createManualClock, type ManualClock } from './manual-clock.fixture.ts';
import type { ImageBeginning, ImageField, ImageOutcome, RecordImageStore } from './record-image-store.ts';

export interface ImageStoresUnderTest {
  /** Two gateways' ways to the same image. */
  readonly stores: readonly [RecordImageStore, RecordImageStore];
  readonly close: () => Promise<void>;
}

/** Milliseconds for which images of tests are good. */
export const testGoodMs = 600_000;

const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('change' as const), isDropped: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('begin' as const), writer: fc.nat(1) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('publish' as const), writer: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('renew' as const), writer: fc.nat(1) }) },
);

/** What every store of images does. `create` makes an empty one, by the time of the clock. */
export function testRecordImageStore(
  name: string,
  create: (clock: ManualClock) => Promise<ImageStoresUnderTest> | ImageStoresUnderTest,
  numRuns = 100,
): void {
  describe(`images of the record: ${name}`, () => {
    let clock: ManualClock;
    let place: ImageStoresUnderTest;
    let one: RecordImageStore;
    let other: RecordImageStore;
    let last = 0;
    beforeEach(async () => {
      clock = createManualClock();
      place = await create(clock);
      [one, other] = place.stores;
    });
    afterEach(() => place.close());

    /** Writes one as a gateway does; answers what became of it. */
    async function write(
      store: RecordImageStore,
      image: { readonly revision: number; readonly fields: readonly ImageField[]; readonly beginning?: ImageBeginning },
    ): Promise<ImageOutcome> {
      const beginning = image.beginning ?? (await store.begin());
      const version = `version ${++last}`;
      for (const field of image.fields) await store.append(version, [field]);
      return store.publish({ version, revision: image.revision, count: image.fields.length }, beginning);
    }
    const found = async (field: string) => (await other.read([field]))?.values[0];

    it('are whole: what is read is all of one, and nothing of those before', async () => {
      expect(await one.read(['a'])).toBeUndefined();
      const fields = [['a', '1'] as const, ['b', '2'] as const];
      expect(await write(one, { revision: 1, fields })).toBe('kept');
      const first = await other.read(['b', 'none', 'a']);
      expect(first).toMatchObject({ ageMs: 0, values: ['2', undefined, '1'] });
      expect(await write(other, { revision: 2, fields: [['c', '3']] })).toBe('kept');
      const second = await one.read(['a', 'b', 'c']);
      expect(second?.values).toEqual([undefined, undefined, '3']);
      expect(second?.version).not.toBe(first?.version);
    });

    it('are not there before they are published', async () => {
      await write(one, { revision: 1, fields: [['a', '1']] });
      await one.append('next', [['a', '2']]);
      expect(await found('a')).toBe('1');
    });

    it('are refused where a part of them is not there any more', async () => {
      const beginning = await one.begin();
      await one.append('half', [['a', '1']]);
      expect(await one.publish({ version: 'half', revision: 1, count: 2 }, beginning)).toBe('incomplete');
      expect(await other.read([])).toBeUndefined();
    });

    it('two writers at once leave one or the other, and the newer one', async () => {
      const beginnings = [await one.begin(), await other.begin()] as const;
      await Promise.all([
        write(one, { revision: 7, fields: [['a', 'newer']], beginning: beginnings[0] }),
        write(other, { revision: 6, fields: [['a', 'older']], beginning: beginnings[1] }),
      ]);
      expect(await found('a')).toBe('newer');
    });

    it('are never replaced by older ones, and are by those of the same revision', async () => {
      await write(one, { revision: 5, fields: [['a', '5']] });
      expect(await write(other, { revision: 4, fields: [['a', '4']] })).toBe('older');
      expect(await found('a')).toBe('5');
      expect(await write(other, { revision: 5, fields: [['a', 'again']] })).toBe('kept');
      expect(await found('a')).toBe('again');
    });

    it('dropped ones do not come back with somebody who read the record before', async () => {
      await write(one, { revision: 5, fields: [['key', 'good']] });
      const beginning = await other.begin();
      await one.drop();
      expect(await one.read([])).toBeUndefined();
      expect(await write(other, { revision: 5, fields: [['key', 'good']], beginning })).toBe('dropped');
      expect(await one.read([])).toBeUndefined();
      expect(await write(other, { revision: 6, fields: [['key', 'none']] })).toBe('kept');
    });

    it('get old from the time before the record was read, and are good no more in the end', async () => {
      const beginning = await one.begin();
      clock.advance(1_000);
      await write(one, { revision: 1, fields: [['a', '1']], beginning });
      expect((await other.read([]))?.ageMs).toBe(1_000);
      clock.advance(testGoodMs - 1_001);
      expect(await other.read([])).toBeDefined();
      clock.advance(1);
      expect(await other.read([])).toBeUndefined();
    });

    it('are renewed where they are of the revision that the record has, to the time before it was asked', async () => {
      await write(one, { revision: 3, fields: [['a', '1']] });
      clock.advance(400_000);
      const early = await one.begin();
      clock.advance(10_000);
      expect(await other.renew(3, await other.begin())).toBe(true);
      expect((await one.read([]))?.ageMs).toBe(0);
      expect(await one.renew(3, early)).toBe(true);
      expect((await one.read([]))?.ageMs).toBe(0);
      expect(await one.renew(4, await one.begin())).toBe(false);
      await one.drop();
      expect(await one.renew(3, await one.begin())).toBe(false);
    });

    it('law: no image is older than one before it, or than a change that dropped it', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
          const { close, stores } = await create(clock);
          let revision = 1;
          let atLeast = 0;
          const writers: { beginning: ImageBeginning; revision: number }[] = [];
          for (const action of steps) {
            if (action.kind === 'change') {
              // First the record, then whoever changed it drops the image, if it has to and can.
              revision += 1;
              if (!action.isDropped) continue;
              await stores[0].drop();
              atLeast = revision;
            } else if (action.kind === 'begin') {
              writers[action.writer] = { beginning: await stores[action.writer]!.begin(), revision };
            } else if (action.kind === 'renew') {
              await stores[action.writer]!.renew(revision, await stores[action.writer]!.begin());
            } else if (writers[action.writer] !== undefined) {
              const begun = writers[action.writer]!;
              await write(stores[action.writer]!, { ...begun, fields: [['of', String(begun.revision)]] });
            }
            const reading = await stores[1].read(['of']);
            if (reading === undefined) continue;
            expect(Number(reading.values[0])).toBeGreaterThanOrEqual(atLeast);
            atLeast = Number(reading.values[0]);
          }
          await close();
        }),
        { numRuns },
      );
    }, 60_000);
  });
}
