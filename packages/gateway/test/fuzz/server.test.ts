import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chat, chatBody, chunk, type Front, framed, message, startFront } from '../bad-input/front.ts';
import type { RawReply } from '../bad-input/raw-connection.ts';
import { patience, runs } from './runs.ts';

let front: Front;
beforeAll(async () => {
  front = await startFront();
});
afterAll(() => front.stop());

const streamed = JSON.stringify({ ...JSON.parse(chatBody), stream: true });
const requests: readonly Buffer[] = [
  chat(),
  chat({ body: streamed }),
  Buffer.from(
    framed(['Transfer-Encoding: chunked'], `${chunk(chatBody.slice(0, 7))}${chunk(chatBody.slice(7))}${chunk('')}`),
  ),
  message({ line: 'GET /v1/models HTTP/1.1', headers: [] }),
  message({ line: 'POST /v1/m/tokenize?a=b HTTP/1.1', body: 'text' }),
  message({ body: '[' }),
];

/** What a reply says, without what differs from one to the next. */
function essence({ status, headers, body }: RawReply) {
  return { status, type: headers['content-type'], body: body.replace(/chatcmpl-sim\d+/g, 'id') };
}

/** Sends pieces one after the other and closes its half; everything that comes back until the other side closes too. */
async function exchange(pieces: readonly Buffer[]): Promise<string> {
  const connection = await front.open();
  for (const piece of pieces) {
    await connection.send(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  connection.endSending();
  await connection.over();
  connection.close();
  return connection.rest;
}

async function expectAlive(): Promise<void> {
  const connection = await front.open();
  await connection.send('GET /live HTTP/1.1\r\nHost: x\r\n\r\n');
  expect((await connection.reply()).body).toBe('{"status":"ok"}');
  connection.close();
}

const isReply = /^$|^HTTP\/1\.1 \d{3} /;

describe('any bytes on a connection', () => {
  it(
    'are answered with HTTP or with silence, and hurt nobody',
    async () => {
      const bytes = fc.oneof(
        fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
        fc
          .string({ unit: fc.constantFrom(...'GET POST/HTP1.0:\r\n \t;%\0'), maxLength: 80 })
          .map((text) => Buffer.from(text)),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(bytes, { maxLength: 3 }), async (pieces) => {
          expect(await exchange(pieces)).toMatch(isReply);
        }),
        runs(150),
      );
      await expectAlive();
      expect(front.simulator.attemptCount).toBe(0);
    },
    patience(20_000),
  );

  it(
    'that were a request once are answered, and never forwarded as more than one',
    async () => {
      const edit = fc.tuple(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(8),
        fc.oneof(
          fc.uint8Array({ maxLength: 4 }),
          fc
            .constantFrom(...['\r\n', '\n', ':', ' ', 'chunked', 'Content-Length: 5\r\n', '\r\n\r\n', '0\r\n\r\n'])
            .map((text) => Buffer.from(text)),
        ),
      );
      const input = fc.tuple(fc.constantFrom(...requests), fc.array(edit, { minLength: 1, maxLength: 3 }));
      await fc.assert(
        fc.asyncProperty(input, async ([request, edits]) => {
          let mutated = request;
          for (const [place, length, inserted] of edits) {
            const start = Math.floor(place * mutated.length);
            mutated = Buffer.concat([mutated.subarray(0, start), inserted, mutated.subarray(start + length)]);
          }
          front.simulator.reset();
          expect(await exchange([mutated])).toMatch(isReply);
          expect(front.simulator.attemptCount).toBeLessThanOrEqual(1);
        }),
        runs(250),
      );
      await expectAlive();
    },
    patience(20_000),
  );
});

describe('a request in pieces', () => {
  it(
    'is answered as it is in one',
    async () => {
      const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...requests), cuts, async (request, places) => {
          const whole = essence(await front.ask(request));
          const connection = await front.open();
          const starts = [...new Set(places.map((place) => Math.floor(place * request.length)))].sort((a, b) => a - b);
          for (const [index, start] of [0, ...starts].entries()) {
            await connection.send(request.subarray(start, starts[index] ?? request.length));
            await new Promise((resolve) => setImmediate(resolve));
          }
          expect(essence(await connection.reply())).toEqual(whole);
          connection.close();
        }),
        runs(100),
      );
    },
    patience(20_000),
  );
});
