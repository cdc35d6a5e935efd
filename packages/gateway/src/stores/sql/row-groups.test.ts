import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withoutGroups } from './insert-statement.ts';
import { groupLayout, RowGroups } from './row-groups.ts';

const columns = ['a', 'own_one', 'b', 'c', 'own_two'];
const layout = groupLayout(columns, ['own_one', 'own_two']);
const shared = fc.constantFrom('', 'x', 'y', 'xy', 'ax', 'bx', null, 0, 1);
const row = fc.tuple(shared, fc.nat(), shared, shared, fc.oneof(fc.nat(), fc.constant(null)));

test('rows come out of their groups as they went in, in their order', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 60 }), (rows) => {
      const groups = new RowGroups(layout);
      for (const values of rows) groups.add(values);
      const whole = withoutGroups({ table: 't', ...layout, ...groups });
      expect(whole.columns).toEqual(['a', 'b', 'c', 'own_one', 'own_two']);
      expect(whole.rows).toEqual(rows.map(([a, one, b, c, two]) => [a, b, c, one, two]));
    }),
  );
});

test('rows that differ in nothing shared have one group, which is one object', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 60 }), (rows) => {
      const groups = new RowGroups(layout);
      const byName = new Map<string, Set<unknown>>();
      for (const values of rows) {
        const name = JSON.stringify([values[0], values[2], values[3]]);
        byName.set(name, (byName.get(name) ?? new Set()).add(groups.add(values)));
      }
      expect(groups.groups).toHaveLength(byName.size);
      for (const found of byName.values()) expect(found.size).toBe(1);
    }),
  );
});
