import { expect, it } from 'vitest';
import { GatheredLines } from './gathered-lines.ts';

it('lines that waited for the disk held on to the memory of others', () => {
  const gathered = new GatheredLines();
  const held: Buffer[] = [];
  for (let turn = 0; turn < 50; turn++) {
    for (const text of [`${turn} begins\n`, `${turn} ends\n`]) gathered.add(Buffer.from(text), 1);
    held.push(gathered.copy());
    gathered.clear();
    // What others take of the same memory in the meantime.
    Buffer.allocUnsafe(4_000);
    Buffer.allocUnsafe(4_000);
  }
  const memory = [...new Set(held.map(({ buffer }) => buffer))].reduce((sum, { byteLength }) => sum + byteLength, 0);
  expect(memory).toBe(Buffer.concat(held).length);
  expect(held.slice(0, 2).map(String)).toEqual(['0 begins\n0 ends\n', '1 begins\n1 ends\n']);
});
