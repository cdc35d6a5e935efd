import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createManualClock } from '../manual-clock.fixture.ts';
import { responseOf, testResponseStore, wideLimits } from '../response-store.conformance.ts';
import type { ResponseLimits } from '../response-store.ts';
import { createMemoryResponseStore } from './response-store.ts';

testResponseStore('memory response store', createMemoryResponseStore);

test('a reload’s limits hold from the next response on', () => {
  let limits: ResponseLimits = wideLimits;
  const store = createMemoryResponseStore({ clock: createManualClock(), limits: () => limits });
  for (let index = 0; index < 10; index += 1) store.put(responseOf(`${index}`));
  limits = { ...wideLimits, maxEntries: 3 };
  store.put(responseOf('last'));
  expect(store.size().entries).toBe(3);
});

const step = fc.oneof(
  fc.record({ kind: fc.constant('put'), id: fc.nat(8), size: fc.nat(400) }),
  fc.record({ kind: fc.constantFrom('get', 'delete'), id: fc.nat(8), size: fc.constant(0) }),
  fc.record({ kind: fc.constant('wait'), id: fc.constant(0), size: fc.nat(600) }),
);

test('whatever happens, it stays within its bounds, and what is gone is gone whole', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const clock = createManualClock();
      const limits = { maxEntries: 4, maxBytes: 1_500, ttlMs: 1_000 };
      const store = createMemoryResponseStore({ clock, limits: () => limits });
      for (const { kind, id, size } of steps) {
        const name = `r${id}`;
        if (kind === 'put') store.put(responseOf(name, { response: JSON.stringify('x'.repeat(size)) }));
        else if (kind === 'get') store.get('ann', name);
        else if (kind === 'delete') store.delete('ann', name);
        else clock.advance(size);
        const { entries, items, bytes } = store.size();
        expect(entries).toBeLessThanOrEqual(limits.maxEntries);
        expect(bytes).toBeLessThanOrEqual(limits.maxBytes);
        expect(items).toBe(2 * entries);
      }
      clock.advance(limits.ttlMs);
      store.get('ann', 'r0');
      expect(store.size()).toEqual({ entries: 0, items: 0, bytes: 0 });
    }),
  );
});
