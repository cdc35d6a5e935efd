import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answerOf, now, type Reply, readAll } from './caller.ts';
import { type Drill, onlyLine, startDrill } from './drill.ts';
import { type PendingTimers, watchTimers } from './pending-timers.ts';

/** More than is held for another try. */
const uploadBytes = 2_000_000;
const timeout = { headers_seconds: 0.5, request_seconds: 2 };

let drill: Drill;
let timers: PendingTimers;
beforeEach(() => {
  timers = watchTimers();
});
afterEach(async () => {
  await drill.stop();
  timers.restore();
});

const boundary = 'a-boundary-of-parts';
const opening = Buffer.from(
  `--${boundary}\r\ncontent-disposition: form-data; name="model"\r\n\r\nchat\r\n` +
    `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\n`,
);
const closing = Buffer.from(`\r\n--${boundary}--\r\n`);

function openUpload(path = '/v1/audio/transcriptions') {
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}`, 'transfer-encoding': 'chunked' };
  const outgoing = request(`${drill.gateway.url}${path}`, { method: 'POST', agent: false, headers });
  outgoing.on('error', () => {});
  outgoing.write(opening);
  return outgoing;
}

function upload(bytes = uploadBytes, end = closing): Promise<Reply> {
  const startedAt = now();
  const outgoing = openUpload();
  outgoing.write(Buffer.alloc(bytes, 'x'));
  outgoing.end(end);
  return new Promise((resolve, reject) => {
    outgoing.on('close', () => reject(new Error('no reply')));
    outgoing.on('response', async (response) => {
      const { body, isCut } = await readAll(response);
      const { headers, statusCode } = response;
      resolve({ status: statusCode!, headers, body, isCut, durationMs: now() - startedAt });
    });
  });
}

describe('an upload too long to be held', () => {
  it('reaches its provider whole', async () => {
    drill = await startDrill({ primary: 'sim' });
    const reply = await upload();
    expect(reply.status).toBe(200);
    const { body } = drill.primary.attempts[0]!;
    const shorter = 'chat'.length - 'sim'.length;
    expect(body.length).toBe(opening.length + uploadBytes + closing.length - shorter);
    expect(body.subarray(0, opening.length - shorter).toString()).toBe(opening.toString().replace('chat', 'sim'));
  });

  it.each(['f4', 'f3', 'f22d', 'f23', 'f6'])(
    'was sent again without its body after a failure (%s)',
    async (scenario) => {
      drill = await startDrill({ primary: scenario, fallback: 'ok', timeout });
      const reply = await upload();
      expect(reply.status).toBeGreaterThanOrEqual(500);
      expect(answerOf(reply).error).toBeDefined();
      expect(drill.attempts()).toEqual([1, 0]);
      expect(await onlyLine(drill)).toMatchObject({ attempts: 1 });
      await drill.isQuiet();
      expect(timers.delays()).toEqual([]);
    },
  );

  it('whose caller leaves lets its provider go', async () => {
    const provider = createServer();
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    const { port } = provider.address() as AddressInfo;
    drill = await startDrill({ primary: 'sim', primaryTarget: { api_base: `http://127.0.0.1:${port}/v1` } });
    const outgoing = openUpload();
    outgoing.write(Buffer.alloc(uploadBytes, 'x'));
    const [received] = (await once(provider, 'request')) as [IncomingMessage];
    received.on('error', () => {});
    received.socket.on('error', () => {});
    const closed = new Promise((resolve) => received.socket.on('close', resolve));
    await once(received, 'data');
    const leftAt = now();
    outgoing.destroy();
    await closed;
    expect(drill.running.between(leftAt, now())).toBeLessThan(100);
    expect(await onlyLine(drill)).toMatchObject({ status: 499, failure: 'client_closed', attempts: 1 });
    expect(timers.delays()).toEqual([]);
    provider.close();
  });

  it('that outgrows what is allowed on its way is refused', async () => {
    const security = { validation: { max_request_size_bytes: 1_000_000 } };
    drill = await startDrill({ primary: 'sim', fallback: 'ok', sections: { security } });
    const reply = await upload();
    expect(reply.status).toBe(413);
    expect(drill.attempts()).toEqual([0, 0]);
    expect(await onlyLine(drill)).toMatchObject({ status: 413, failure: 'payload_too_large' });
  });

  it.each([10, 260_000, uploadBytes])(
    'that named a dearer model behind %d bytes was one of the first',
    async (bytes) => {
      drill = await startDrill({ primary: 'sim', fallback: 'ok' });
      const another = `\r\n--${boundary}\r\ncontent-disposition: form-data; name="model"\r\n\r\ndearer`;
      const reply = await upload(bytes, Buffer.concat([Buffer.from(another), closing]));
      expect(reply.status).toBe(400);
      expect(answerOf(reply).error).toMatchObject({ param: 'model', message: expect.stringContaining('twice') });
      expect(drill.attempts()).toEqual([0, 0]);
      expect(await onlyLine(drill)).toMatchObject({ status: 400 });
    },
  );

  it('failed on kept connections that had died', async () => {
    drill = await startDrill({ primary: 'sim' });
    drill.primary.behave({ kind: 'close-on-reuse' });
    for (let round = 0; round < 3; round++) expect((await upload()).status).toBe(200);
  });
});

it('an upload short enough to be held is tried again, then elsewhere', async () => {
  drill = await startDrill({ primary: 'f4', fallback: 'ok' });
  drill.primary.behave('f4');
  const reply = await upload(100_000);
  expect(reply.status).toBe(200);
  expect(drill.attempts()).toEqual([2, 1]);
  expect(drill.fallback.attempts[0]!.body.length).toBeGreaterThan(100_000);
});
