import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withoutGroups } from './insert-statement.ts';
import { groupLayout, RowGroups } from './row-groups.ts';

const columns = ['a', 'own_one', 'b', 'c', 'own_two'];
const layout = groupLayout(columns, { sharedColumns: ['a', 'b', 'c'], ownColumns: ['own_one', 'own_two'] });
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

test('rows that are known to be alike have one group, and hand over what is their own', () => {
  const alike = fc.constantFrom({ b: 'x' }, { b: 'y' }, { b: null });
  fc.assert(
    fc.property(fc.array(fc.tuple(alike, fc.nat(), fc.nat()), { maxLength: 60 }), (rows) => {
      const groups = new RowGroups(layout);
      const whole = rows.map(([kind, one, two]) => ['a', one, kind.b, 'c', two]);
      for (const [index, [kind, one, two]] of rows.entries()) {
        const isKnown = groups.has(kind);
        expect(isKnown).toBe(rows.slice(0, index).some(([before]) => before === kind));
        const group = isKnown ? groups.addAlike(kind, [one, two]) : groups.add(whole[index]!, kind);
        expect(group).toEqual(['a', kind.b, 'c']);
      }
      expect(groups.groups).toHaveLength(new Set(rows.map(([kind]) => kind)).size);
      expect(withoutGroups({ table: 't', ...layout, ...groups }).rows).toEqual(
        whole.map(([a, one, b, c, two]) => [a, b, c, one, two]),
      );
    }),
  );
});
