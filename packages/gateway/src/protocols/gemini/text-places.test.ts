import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TextPlaces } from './text-places.ts';

test('places are the same however the text comes', () => {
  const pieces = fc.array(fc.string({ unit: 'binary', maxLength: 20 }), { maxLength: 5 });
  fc.assert(
    fc.property(pieces, (list) => {
      const places = new TextPlaces();
      for (const piece of list) places.add(piece);
      let units = 0;
      for (const character of list.join('')) {
        const bytes = Buffer.byteLength(list.join('').slice(0, units));
        expect([places.toBytes(units), places.toUnits(bytes)]).toEqual([bytes, units]);
        units += character.length;
      }
      expect(places.toUnits(Buffer.byteLength(list.join('')) + 1)).toBeUndefined();
    }),
    { numRuns: 40 },
  );
});
