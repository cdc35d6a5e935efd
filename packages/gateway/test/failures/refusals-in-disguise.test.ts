import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { answerOf } from './caller.ts';
import { type Drill, expectWhole, startDrill } from './drill.ts';

let drill: Drill;
let server: Server;
afterEach(async () => {
  await drill.stop();
  server.closeAllConnections();
  server.close();
});

interface Refusal {
  readonly status: number;
  readonly encoding?: string;
  readonly body: Buffer;
}

/** A provider that refuses everything, and another. */
async function startWith({ status, encoding = 'identity', body }: Refusal): Promise<void> {
  const headers = { 'content-type': 'application/json', 'content-encoding': encoding };
  server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(status, headers).end(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const primaryTarget = { api_base: `http://127.0.0.1:${port}/v1` };
  drill = await startDrill({ primary: 'sim', fallback: 'ok', primaryTarget, retry: { initial_delay_ms: 5 } });
}

const errorBody = (code: string): Buffer => {
  return Buffer.from(JSON.stringify({ error: { message: 'No.', type: 'invalid_request_error', param: null, code } }));
};
const own = errorBody('invalid_value');
const tooLong = errorBody('context_length_exceeded');

describe.each([
  { encoding: 'gzip', compress: gzipSync },
  { encoding: 'deflate', compress: deflateSync },
  { encoding: 'BR', compress: brotliCompressSync },
])('a refusal compressed with $encoding', ({ encoding, compress }) => {
  it('was shown to its caller as gibberish', async () => {
    await startWith({ status: 400, encoding, body: compress(own) });
    const reply = await drill.call();
    expect([reply.status, reply.body.toString()]).toEqual([400, own.toString()]);
  });

  it('was taken for the fault of its caller where another target may answer', async () => {
    await startWith({ status: 400, encoding, body: compress(tooLong) });
    expectWhole(await drill.call(), false);
  });
});

it.each([
  { name: 'a coding that is not known', encoding: 'zstd', body: Buffer.from('28b52ffd0401', 'hex') },
  { name: 'another coding than it says', encoding: 'gzip', body: deflateSync(own) },
  { name: 'more in it than is kept', encoding: 'gzip', body: gzipSync(Buffer.alloc(4_000_000)) },
])('a refusal with $name is told by its status', async ({ encoding, body }) => {
  await startWith({ status: 400, encoding, body });
  const { error } = answerOf(await drill.call());
  expect(error?.message).toMatch(/^The provider refused the request: [ -~]*$/);
});

it('a refusal that is not compressed at all is read as what it is', async () => {
  await startWith({ status: 400, encoding: 'gzip', body: own });
  expect((await drill.call()).body.toString()).toBe(own.toString());
});

describe('an error under status 200 in place of a stream', () => {
  it('of the caller was taken for a broken answer, and tried again', async () => {
    await startWith({ status: 200, body: own });
    const reply = await drill.call({ stream: true });
    expect([reply.status, answerOf(reply).error?.code]).toEqual([400, 'invalid_value']);
    expect(reply.headers['x-gateway-attempts']).toMatch(/^\S+ caller_fault 200$/);
  });

  it('that another target may not meet leads to that one at once', async () => {
    await startWith({ status: 200, body: tooLong });
    const reply = await drill.call({ stream: true });
    expectWhole(reply, true);
    expect(reply.headers['x-gateway-attempts']).toMatch(/^\S+ context_exceeded 200, \S+ ok$/);
  });

  it('is not seen in a whole answer, which is no stream either', async () => {
    await startWith({ status: 200, body: Buffer.from('{"choices":[],"error":null}') });
    const reply = await drill.call({ stream: true });
    expectWhole(reply, true);
    expect(reply.headers['x-gateway-attempts']).toMatch(/^(\S+ malformed 200, )+\S+ ok$/);
  });
});

it('a coding that is none was taken for compression when it was spelt in capitals', async () => {
  const message = { role: 'assistant', content: 'Hi' };
  const answer = { choices: [{ index: 0, message, finish_reason: 'stop' }] };
  await startWith({ status: 200, encoding: 'Identity', body: Buffer.from(JSON.stringify(answer)) });
  expect(answerOf(await drill.call()).text).toBe('Hi');
});
