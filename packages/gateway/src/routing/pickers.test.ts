import { expect, it } from 'vitest';
import { createPickers } from './pickers.ts';
import { makeRoute, makeTarget, member } from './target.fixture.ts';

const surroundings = { random: () => 0, inFlight: () => 0 };

function turn(pickers: ReturnType<typeof createPickers>, route: ReturnType<typeof makeRoute>): number {
  const picker = pickers.of(route, 0);
  picker.eligible.fill(1);
  return picker.pick();
}

it('keeps counting when a reload compiles the same tier again', () => {
  const pickers = createPickers(surroundings);
  expect(turn(pickers, makeRoute([['a', 'b', 'c']]))).toBe(0);
  expect(turn(pickers, makeRoute([['a', 'b', 'c']]))).toBe(1);
});

it('starts anew when members or weights change, and counts each route apart', () => {
  const pickers = createPickers(surroundings);
  turn(pickers, makeRoute([['a', 'b']]));
  expect(turn(pickers, makeRoute([['a', 'b', 'c']]))).toBe(0);
  expect(turn(pickers, makeRoute([['a', 'b']], { id: 'other' }))).toBe(0);
  const tiers = [[member(makeTarget('a', { weight: 2 })), member(makeTarget('b'))]];
  expect(turn(pickers, makeRoute([], { tiers }))).toBe(0);
});
