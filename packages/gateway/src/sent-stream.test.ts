import { expect, it } from 'vitest';
import { SentMemory, SentStream } from './sent-stream.ts';

const MIB = 1024 * 1024;

/** Memory behind some views, each counted once. */
function memoryBehind(views: readonly Buffer[]): number {
  return [...new Set(views.map(({ buffer }) => buffer))].reduce((sum, { byteLength }) => sum + byteLength, 0);
}

it('kept chunks held on to the memory that they were cut from, many times what was counted', () => {
  let counted = 0;
  const memory = new SentMemory(MIB);
  const take = memory.take.bind(memory);
  memory.take = (bytes) => {
    counted += bytes;
    return take(bytes);
  };
  const stream = new SentStream(memory);
  const chunks = Array.from({ length: 300 }, (_, index) => {
    const chunk = Buffer.from(`data: ${index}\n\n`);
    // What others take of the same memory in the meantime.
    Buffer.allocUnsafe(4_000);
    Buffer.allocUnsafe(4_000);
    return chunk;
  });
  for (const chunk of chunks) stream.keep(chunk);
  expect(Buffer.concat(stream.chunks!)).toEqual(Buffer.concat(chunks));
  expect(memoryBehind(stream.chunks!)).toBe(counted);
  expect(counted).toBeLessThanOrEqual(16_384);
});

it('gives back what it took, once, and keeps nothing from then on', () => {
  const memory = new SentMemory(MIB);
  const stream = new SentStream(memory);
  stream.keep(Buffer.alloc(100_000));
  expect(memory.take(MIB - 100_000)).toBe(false);
  stream.release();
  stream.release();
  stream.keep(Buffer.alloc(100_000));
  expect(stream.chunks).toBeUndefined();
  expect(memory.take(MIB)).toBe(true);
});

it('keeps nothing of a stream for which there is no room, and its memory is free', () => {
  const memory = new SentMemory(MIB);
  const [one, other] = [new SentStream(memory), new SentStream(memory)];
  one.keep(Buffer.alloc(0.75 * MIB));
  other.keep(Buffer.alloc(MIB / 2));
  expect([one.chunks === undefined, other.chunks === undefined]).toEqual([false, true]);
  one.release();
  expect(memory.take(MIB)).toBe(true);
});
