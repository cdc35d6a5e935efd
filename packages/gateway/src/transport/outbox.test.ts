import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Outbox } from './outbox.ts';

function trace() {
  const left: string[] = [];
  const outbox = new Outbox(() => left.push('written down'));
  const add = (name: string): void => outbox.add({ leave: () => left.push(name) });
  return { add, left, outbox };
}

it('has all of a turn leave at its end, behind what is written down, in the order in which it came', async () => {
  const { add, left } = trace();
  add('one');
  await Promise.resolve();
  add('two');
  expect(left).toEqual([]);
  await nextTurn();
  expect(left).toEqual(['written down', 'one', 'two']);
  add('three');
  await nextTurn();
  expect(left.slice(3)).toEqual(['written down', 'three']);
});

it('has it leave once when it cannot wait', async () => {
  const { add, left, outbox } = trace();
  add('one');
  outbox.flush();
  outbox.flush();
  await nextTurn();
  expect(left).toEqual(['written down', 'one']);
});

it('has it leave before long work, not before short', () => {
  const { add, left, outbox } = trace();
  add('one');
  outbox.makeWay(1_000);
  expect(left).toEqual([]);
  outbox.makeWay(64 * 1024);
  expect(left).toEqual(['written down', 'one']);
});

it('lets only so many wait, and never who has just come', async () => {
  const { add, left } = trace();
  for (let count = 1; count <= 65; count++) add(`${count}`);
  expect(left).toEqual(['written down', ...Array.from({ length: 64 }, (_, index) => `${index + 1}`)]);
  await nextTurn();
  expect(left.slice(65)).toEqual(['written down', '65']);
});

it('keeps for the next turn what comes while others leave', async () => {
  const { left, outbox } = trace();
  outbox.add({
    leave() {
      left.push('one');
      outbox.add({ leave: () => left.push('two') });
    },
  });
  outbox.flush();
  expect(left).toEqual(['written down', 'one']);
  await nextTurn();
  expect(left.slice(2)).toEqual(['written down', 'two']);
});
