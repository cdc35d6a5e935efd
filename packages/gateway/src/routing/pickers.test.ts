import { expect, it } from 'vitest';
import { makePickFacts } from './pick-facts.fixture.ts';
import { createPickers } from './pickers.ts';
import { makeSurroundings } from './surroundings.fixture.ts';
import { makeRoute, makeTarget, member } from './target.fixture.ts';

const surroundings = makeSurroundings();

function turn(pickers: ReturnType<typeof createPickers>, route: ReturnType<typeof makeRoute>): number {
  const picker = pickers.of(route, 0);
  picker.eligible.fill(1);
  return picker.pick(makePickFacts());
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

it('starts anew when a member gets another model, another key or other names for models', () => {
  const pickers = createPickers(surroundings);
  const tierOf = (changes: Parameters<typeof makeTarget>[1], upstreamModel?: string) => [
    [member(makeTarget('a', changes), upstreamModel), member(makeTarget('b'))],
  ];
  const variants = [
    tierOf({}),
    tierOf({}, 'model'),
    tierOf({ healthId: 'other' }),
    tierOf({ models: new Map([['x', 'y']]) }),
    tierOf({ models: new Map([['x', 'z']]) }),
    tierOf({ canaryPercent: 0 }),
  ];
  // Each begins with its first member; the canary without a share is never picked.
  const first = variants.map((tiers) => turn(pickers, makeRoute([], { tiers })));
  expect(first).toEqual([0, 0, 0, 0, 0, 1]);
  expect(variants.map((tiers) => turn(pickers, makeRoute([], { tiers })))).toEqual([1, 1, 1, 1, 1, 1]);
});
