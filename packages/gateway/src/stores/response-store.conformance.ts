import { describe, expect, test } from 'vitest';
import { createManualClock, type ManualClock } from './manual-clock.fixture.ts';
import { MAX_RESPONSE_BYTES, type ResponseLimits, type ResponseStore, type StoredResponse } from './response-store.ts';

/** What a store under test is made with. */
export interface ResponseStoreSetting {
  readonly clock: ManualClock;
  readonly limits: () => ResponseLimits;
}

/** A response whose conversation has one item, and whose answer has one. */
export function responseOf(id: string, changes: Partial<StoredResponse> = {}): StoredResponse {
  const item = (name: string) => ({ id: name, json: `{"id":"${name}"}` });
  return {
    id,
    owner: 'ann',
    response: `{"id":"${id}"}`,
    input: [item(`in_${id}`)],
    output: [item(`out_${id}`)],
    ...changes,
  };
}

export const wideLimits: ResponseLimits = { maxEntries: 100, maxBytes: 64 * 1024 * 1024, ttlMs: 60_000 };

/** What every store of responses must do, on the clock and within the limits that `create` gets. */
export function testResponseStore(name: string, create: (setting: ResponseStoreSetting) => ResponseStore): void {
  function setUp(limits: Partial<ResponseLimits> = {}): { readonly store: ResponseStore; readonly clock: ManualClock } {
    const clock = createManualClock();
    return { store: create({ clock, limits: () => ({ ...wideLimits, ...limits }) }), clock };
  }

  describe(name, () => {
    test('gives back what it keeps, and knows nothing else', async () => {
      const { store } = setUp();
      store.put(responseOf('a'));
      expect(await store.get('ann', 'a')).toEqual(responseOf('a'));
      expect(await store.items('ann', ['out_a', 'none', 'in_a'])).toEqual([
        { id: 'out_a', json: '{"id":"out_a"}' },
        { id: 'in_a', json: '{"id":"in_a"}' },
      ]);
    });

    test('shows nobody what is another’s', async () => {
      const { store } = setUp();
      store.put(responseOf('a'));
      store.put(responseOf('a', { owner: 'bob', response: '{"of":"bob"}', input: [], output: [] }));
      expect(await store.items('bob', ['in_a', 'out_a'])).toEqual([]);
      expect((await store.get('bob', 'a'))?.response).toBe('{"of":"bob"}');
      expect(await store.delete('bob', 'a')).toBe(true);
      expect((await store.get('ann', 'a'))?.response).toBe('{"id":"a"}');
    });

    test('replaces a response of the same id', async () => {
      const { store } = setUp();
      store.put(responseOf('a'));
      store.put(responseOf('a', { response: '{"newer":true}', output: [] }));
      expect((await store.get('ann', 'a'))?.response).toBe('{"newer":true}');
      expect(await store.items('ann', ['in_a', 'out_a'])).toHaveLength(1);
    });

    test('forgets the least recently used when there are too many', async () => {
      const { store } = setUp({ maxEntries: 2 });
      store.put(responseOf('a'));
      store.put(responseOf('b'));
      await store.get('ann', 'a');
      store.put(responseOf('c'));
      expect(await store.items('ann', ['out_a', 'out_b', 'out_c'])).toHaveLength(2);
      expect((await store.get('ann', 'a'))?.id).toBe('a');
      expect((await store.get('ann', 'c'))?.id).toBe('c');
    });

    test('keeps no more bytes than it may', async () => {
      const { store } = setUp({ maxBytes: 3_000 });
      const large = JSON.stringify('x'.repeat(1_000));
      for (const id of ['a', 'b', 'c']) store.put(responseOf(id, { response: large }));
      expect((await store.items('ann', ['out_a', 'out_b', 'out_c'])).map(({ id }) => id)).toEqual(['out_b', 'out_c']);
    });

    test('does not keep what is too large alone', async () => {
      const { store } = setUp();
      store.put(responseOf('small'));
      store.put(
        responseOf('large', { output: [{ id: 'o', json: JSON.stringify('é'.repeat(MAX_RESPONSE_BYTES / 2)) }] }),
      );
      expect(await store.items('ann', ['o', 'in_large', 'out_small'])).toHaveLength(1);
    });

    test('forgets with age, however often it was used', async () => {
      const { store, clock } = setUp({ ttlMs: 1_000 });
      store.put(responseOf('a'));
      // Where it has a way to go, the answer to this comes after it has arrived.
      expect((await store.get('ann', 'a'))?.id).toBe('a');
      clock.advance(999);
      expect((await store.get('ann', 'a'))?.id).toBe('a');
      clock.advance(1);
      expect(await store.items('ann', ['in_a', 'out_a'])).toEqual([]);
      expect(await store.delete('ann', 'a')).toBe(false);
    });

    test('deletes once', async () => {
      const { store } = setUp();
      store.put(responseOf('a'));
      expect(await store.delete('ann', 'a')).toBe(true);
      expect(await store.delete('ann', 'a')).toBe(false);
      expect(await store.items('ann', ['in_a', 'out_a'])).toEqual([]);
    });

    test('keeps an item while some response has it', async () => {
      const { store } = setUp();
      const { input, output } = responseOf('a');
      store.put(responseOf('a'));
      store.put(responseOf('b', { input: [...input, ...output] }));
      await store.delete('ann', 'a');
      expect(await store.items('ann', ['in_a', 'out_a'])).toEqual([...input, ...output]);
      await store.delete('ann', 'b');
      expect(await store.items('ann', ['in_a', 'out_a'])).toEqual([]);
    });
  });
}
