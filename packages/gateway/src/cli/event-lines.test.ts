import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type LineEvent, readEventLines } from './event-lines.ts';

async function read(chunks: readonly Uint8Array[]): Promise<LineEvent[]> {
  async function* pieces() {
    yield* chunks;
  }
  const events: LineEvent[] = [];
  for await (const event of readEventLines(pieces())) events.push(event);
  return events;
}

const wire =
  '\ufeff: comment\r\n\r\ndata: Grüße 👋\n\nevent: error\rdata:one\rdata: two\r\rdata: with \\r\\n\r\n\r\nid: 7\n\ndata: cut';
const expected = [
  { name: undefined, data: 'Grüße 👋' },
  { name: 'error', data: 'one\ntwo' },
  { name: undefined, data: 'with \\r\\n' },
];

it('reads the same events at every boundary, and none that was cut', async () => {
  const bytes = new TextEncoder().encode(wire);
  for (let at = 0; at <= bytes.length; at += 1) {
    expect(await read([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(expected);
  }
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length)), async (cuts) => {
      const sorted = [0, ...cuts.sort((one, other) => one - other), bytes.length];
      const chunks = sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
      expect(await read(chunks)).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

it('refuses a line without end', async () => {
  const long = new Uint8Array(1024 * 1024).fill(0x61);
  await expect(read(Array.from({ length: 9 }, () => long))).rejects.toThrow('longer than');
});

it('refuses an event without end', async () => {
  const line = new TextEncoder().encode(`data: ${'a'.repeat(1024 * 1024)}\n`);
  await expect(read(Array.from({ length: 9 }, () => line))).rejects.toThrow('longer than');
});
