import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { answerOf, now, type Reply, readAll } from './caller.ts';
import { type Drill, startDrill } from './drill.ts';

/** More than is held for another try. */
const bytes = 600_000;
const boundary = 'a-boundary-of-parts';
const partOf = (head: string) => `--${boundary}\r\ncontent-disposition: form-data; ${head}\r\n\r\n`;
const formOf = (fields: Readonly<Record<string, string>>): string => {
  const texts = Object.entries(fields).map(([name, value]) => `${partOf(`name="${name}"`)}${value}\r\n`);
  return [...texts, partOf('name="file"; filename="a.wav"')].join('');
};

let close: (() => Promise<void>) | undefined;
afterEach(() => close?.());

interface Scene {
  readonly timeout: Record<string, unknown>;
  readonly serve: (request: IncomingMessage, response: ServerResponse) => void;
}

/** A provider beside another that may be asked. */
async function start({ serve, timeout }: Scene): Promise<Drill> {
  const server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const primaryTarget = { api_base: `http://127.0.0.1:${port}/v1` };
  const drill = await startDrill({ primary: 'sim', fallback: 'ok', primaryTarget, timeout });
  close = async () => {
    await drill.stop();
    server.closeAllConnections();
    server.close();
  };
  return drill;
}

interface Upload {
  readonly fields?: Readonly<Record<string, string>>;
  /** Milliseconds for which the caller holds the rest of its body back. */
  readonly restMs?: number;
}

function upload(drill: Drill, { fields = {}, restMs = 0 }: Upload): Promise<Reply> {
  const startedAt = now();
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}`, 'transfer-encoding': 'chunked' };
  const outgoing = request(`${drill.gateway.url}/v1/audio/transcriptions`, { method: 'POST', agent: false, headers });
  outgoing.write(formOf({ model: 'chat', ...fields }));
  outgoing.write(Buffer.alloc(bytes, 'x'));
  void after(restMs).then(() => outgoing.end(`\r\n--${boundary}--\r\n`));
  return new Promise((resolve, reject) => {
    outgoing.on('error', reject);
    outgoing.on('response', async (response) => {
      const { body, isCut } = await readAll(response);
      const { headers: received, statusCode } = response;
      resolve({ status: statusCode!, headers: received, body, isCut, durationMs: now() - startedAt });
    });
  });
}

const failuresOf = ({ gateway }: Drill): number => {
  const target = [...gateway.gateway.runtime.catalog.targets.values()].find(({ id }) => id.includes('first'));
  return gateway.health.recordOf(target!.healthId)?.recent?.failures ?? 0;
};

it('what cannot be sent to another target was given up as if another might answer', async () => {
  const drill = await start({
    timeout: { headers_seconds: 0.1 },
    serve: (incoming, response) => {
      incoming.resume().on('end', () => void after(300).then(() => response.end('{"text":"Hi"}')));
    },
  });
  const reply = await upload(drill, {});
  expect([reply.status, reply.body.toString()]).toEqual([200, '{"text":"Hi"}']);
  expect(drill.attempts()).toEqual([0, 0]);
});

it('a provider of a stream was blamed for a caller that took its time to send a body', async () => {
  const drill = await start({
    timeout: { stream_headers_seconds: 0.2, idle_seconds: 0.2, first_token_seconds: 0.2 },
    serve: (incoming, response) => {
      incoming.resume().on('end', () => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
        void after(50).then(() => response.end('data: {"type":"transcript.text.done","text":"Hi"}\n\n'));
      });
    },
  });
  const reply = await upload(drill, { fields: { stream: 'true' }, restMs: 500 });
  expect(reply.body.toString()).toContain('"Hi"');
  expect([reply.status, failuresOf(drill)]).toEqual([200, 0]);
});

it('a provider was blamed for a caller that did not send its body in time', async () => {
  const drill = await start({ timeout: { request_seconds: 0.3 }, serve: (incoming) => incoming.resume() });
  const reply = await upload(drill, { restMs: 800 });
  expect([reply.status, answerOf(reply).error?.code, failuresOf(drill)]).toEqual([408, 'request_timeout', 0]);
});

it.each([
  ['before it took the body', (incoming: IncomingMessage) => incoming.pause()],
  ['once it had the body', (incoming: IncomingMessage) => incoming.resume()],
])('a provider that is silent %s is to blame', async (_, serve) => {
  const drill = await start({ timeout: { request_seconds: 0.4 }, serve });
  const reply = await upload(drill, {});
  expect([reply.status, answerOf(reply).error?.code, failuresOf(drill)]).toEqual([504, 'upstream_timeout', 1]);
});
