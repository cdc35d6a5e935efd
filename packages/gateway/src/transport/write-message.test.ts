import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Writable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { writeMessage } from './write-message.ts';

const closing: Socket[] = [];
afterEach(() => {
  for (const socket of closing.splice(0)) socket.destroy();
});

/** Both ends of a connection whose reader waits. */
async function connection(): Promise<{ writer: Socket; reader: Socket }> {
  const server = createServer({ pauseOnConnect: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const writer = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(writer, 'connect');
  const [reader] = (await accepted) as [Socket];
  server.close();
  closing.push(writer, reader);
  return { writer, reader };
}

async function readAll(reader: Socket): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of reader) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

const sizes = [0, 1, 3_072, 3_073, 10_000, 32 * 1024 - 5, 32 * 1024, 100_000];

it('writes heads and bodies of every size, one behind the other', async () => {
  const { writer, reader } = await connection();
  const messages = sizes.map((size, index) => ({ head: `head ${index}\n`, body: Buffer.alloc(size, 97 + index) }));
  for (const { head, body } of messages) writeMessage(writer, head, body);
  writer.end();
  expect(
    (await readAll(reader)).equals(Buffer.concat(messages.flatMap(({ head, body }) => [Buffer.from(head), body]))),
  ).toBe(true);
});

it('writes heads of bytes that are changed at once', async () => {
  const { writer, reader } = await connection();
  const expected: Buffer[] = [];
  const head = Buffer.from('head 0');
  for (const [index, size] of sizes.entries()) {
    head[5] = 48 + index;
    expected.push(Buffer.from(head), Buffer.alloc(size, 97 + index));
    writeMessage(writer, head, expected.at(-1)!);
    head.fill('?');
    head.set(Buffer.from('head '));
  }
  writer.end();
  expect((await readAll(reader)).equals(Buffer.concat(expected))).toBe(true);
});

it('leaves alone what a connection has not taken yet, whatever is written to others', async () => {
  const slow = await connection();
  const expected: Buffer[] = [];
  let left = 0;
  // Until the system takes no more, and some messages beyond.
  for (let count = 0; left < 20; count++) {
    const body = Buffer.alloc(20_000, count);
    writeMessage(slow.writer, 'head', body);
    expected.push(Buffer.from('head'), body);
    if (slow.writer.writableLength > 0) left += 1;
  }
  const other = await connection();
  for (let count = 0; count < 5; count++) writeMessage(other.writer, 'else', Buffer.alloc(20_000, 255));
  slow.writer.end();
  expect((await readAll(slow.reader)).equals(Buffer.concat(expected))).toBe(true);
});

describe('a head and its body', () => {
  const head = 'HTTP/1.1 200 OK\r\nx-name: \u00e9\r\n\r\n';

  it.each([...sizes.map((size) => ({ size, more: {} })), { size: 10_000, more: { encrypted: true } }])(
    'leave together with $size bytes: $more',
    async ({ size, more }) => {
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
      Object.assign(socket, more);
      const body = Buffer.alloc(size, 'x');
      await new Promise<void>((resolve) => writeMessage(socket as unknown as Socket, head, body, () => resolve()));
      expect(turns).toEqual([Buffer.concat([Buffer.from(head, 'latin1'), body])]);
    },
  );
});
