import fc from 'fast-check';
import { expect, it } from 'vitest';
import { KeptBytes } from './kept-bytes.ts';

/** Bytes that tell their place, so that any mix-up shows. */
const pattern = Buffer.from(Array.from({ length: 3_200_000 }, (_, index) => index % 251));
const bytesAt = (place: number, length: number) => pattern.subarray(place % 251, (place % 251) + length);

function readAll(kept: KeptBytes, from: number): Buffer {
  const pieces: Buffer[] = [];
  let place = from;
  while (place < kept.end) {
    const piece = kept.from(place);
    expect(piece.length).toBeGreaterThan(0);
    pieces.push(piece);
    place += piece.length;
  }
  return Buffer.concat(pieces);
}

it('gives back what was appended from any place that was not dropped', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('append' as const), size: fc.integer({ min: 1, max: 150_000 }) }),
    fc.record({ kind: fc.constant('drop' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const kept = new KeptBytes();
      let dropped = 0;
      for (const action of steps) {
        if (action.kind === 'append') kept.append(bytesAt(kept.end, action.size));
        else {
          dropped += Math.floor((kept.end - dropped) * action.share);
          kept.dropBefore(dropped);
        }
        expect(readAll(kept, dropped).equals(bytesAt(dropped, kept.end - dropped))).toBe(true);
        expect(kept.allocatedBytes).toBeLessThanOrEqual(kept.end - dropped + 2 * 64 * 1024);
      }
      kept.dropBefore(kept.end);
      expect(kept.allocatedBytes).toBeLessThan(64 * 1024 + 1);
    }),
    { numRuns: 40 },
  );
});

it('keeps a copy, not the read that a chunk is a view of', () => {
  const kept = new KeptBytes();
  const read = Buffer.from('abc');
  kept.append(read);
  read.fill(0);
  expect(kept.from(0).toString()).toBe('abc');
});

it('counts what is skipped', () => {
  const kept = new KeptBytes();
  kept.append(Buffer.from('abc'));
  kept.skip(4);
  expect(kept.allocatedBytes).toBe(0);
  kept.append(Buffer.from('hi'));
  expect(kept.end).toBe(9);
  expect(kept.from(7).toString()).toBe('hi');
  expect(kept.from(9)).toHaveLength(0);
});

it('takes little for a short reply and few blocks for a long one', () => {
  const kept = new KeptBytes();
  for (let chunk = 0; chunk < 40; chunk += 1) kept.append(Buffer.alloc(50));
  expect(kept.allocatedBytes).toBe(4096);
  for (let chunk = 0; chunk < 10_000; chunk += 1) kept.append(Buffer.alloc(50));
  expect(kept.allocatedBytes).toBeLessThan(kept.end + 64 * 1024);
});
