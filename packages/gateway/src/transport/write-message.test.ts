import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { writeMessage } from './write-message.ts';

const head = 'HTTP/1.1 200 OK\r\nx-name: \u00e9\r\n\r\n';

describe('a head and its body', () => {
  it.each([0, 1, 3_072, 3_073, 100_000])('leave together with %d bytes', async (size) => {
    const turns: Buffer[] = [];
    const socket = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        turns.push(chunk);
        done();
      },
      writev: (chunks, done) => {
        turns.push(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)));
        done();
      },
    });
    const body = Buffer.alloc(size, 'x');
    await new Promise<void>((resolve) => writeMessage(socket, head, body, () => resolve()));
    expect(turns).toEqual([Buffer.concat([Buffer.from(head, 'latin1'), body])]);
  });
});
