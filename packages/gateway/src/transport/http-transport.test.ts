import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { systemClock } from '../canonical/clock.ts';
import { createHttpTransport, type HttpTransportOptions } from './http-transport.ts';
import { Outbox } from './outbox.ts';
import type { Transport, UpstreamCall } from './upstream-call.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** An upstream that tells how many connections it was opened, and whose answers are given by hand or at once. */
async function upstream(
  answer: (response: ServerResponse, request: IncomingMessage) => void,
  options: Partial<HttpTransportOptions> = {},
) {
  let connections = 0;
  const server = createServer((request, response) => answer(response, request.resume()));
  server.on('connection', () => connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const transport = createHttpTransport({ clock: systemClock, ...options });
  closing.push(
    async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    () => transport.close(),
  );
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin, transport, opened: () => connections };
}

interface Sent {
  readonly call: UpstreamCall;
  /** What came of it: its text, or its error and whether the connection had been used before. */
  readonly outcome: Promise<string | { readonly error: Error; readonly isReused: boolean }>;
}

function send(transport: Transport, origin: string): Sent {
  let call: UpstreamCall | undefined;
  const outcome = new Promise<Awaited<Sent['outcome']>>((resolve) => {
    const parts: Buffer[] = [];
    call = transport.send(
      { origin, method: 'POST', path: '/', headers: [], body: Buffer.from('{}'), connectMs: 5_000 },
      {
        onHead() {},
        onData: (chunk) => parts.push(chunk) > 0,
        onEnd: () => resolve(Buffer.concat(parts).toString()),
        onError: (error, isReused) => resolve({ error, isReused }),
      },
    );
  });
  return { call: call!, outcome };
}

it('uses a connection again as soon as its reply has ended', async () => {
  const { origin, transport, opened } = await upstream((response) => response.end('fine'));
  for (let count = 0; count < 5; count++) expect(await send(transport, origin).outcome).toBe('fine');
  expect(opened()).toBe(1);
});

it('never sends a request on a connection whose reply has not ended', async () => {
  const held: ServerResponse[] = [];
  const { origin, transport, opened } = await upstream((response) => held.push(response));
  const sent = [send(transport, origin), send(transport, origin), send(transport, origin)];
  await expect.poll(() => held.length).toBe(3);
  expect(opened()).toBe(3);
  for (const response of held) response.end('late');
  for (const { outcome } of sent) expect(await outcome).toBe('late');
});

it('opens another connection after one whose upstream wanted it closed', async () => {
  const { origin, transport, opened } = await upstream((response) =>
    response.setHeader('connection', 'close').end('x'),
  );
  for (let count = 0; count < 3; count++) expect(await send(transport, origin).outcome).toBe('x');
  expect(opened()).toBe(3);
});

it('tells whether a connection that was lost had served another request', async () => {
  let count = 0;
  const { origin, transport } = await upstream((response) => {
    if (count++ === 1) response.socket!.destroy();
    else if (count === 3) response.socket!.destroy();
    else response.end('fine');
  });
  expect(await send(transport, origin).outcome).toBe('fine');
  expect(await send(transport, origin).outcome).toMatchObject({ isReused: true });
  expect(await send(transport, origin).outcome).toMatchObject({ isReused: false });
});

it('does not take a connection for stale that has begun to answer', async () => {
  let count = 0;
  const { origin, transport } = await upstream((response) => {
    if (count++ === 0) response.end('fine');
    else response.socket!.end('HTTP/1.1 2');
  });
  expect(await send(transport, origin).outcome).toBe('fine');
  expect(await send(transport, origin).outcome).toMatchObject({ isReused: false });
});

it('lets go of a connection that was not open yet when its call was aborted', async () => {
  const { origin, transport, opened } = await upstream((response) => response.end('fine'));
  let heard = false;
  const { call, outcome } = send(transport, origin);
  void outcome.then(() => {
    heard = true;
  });
  call.abort();
  expect(await send(transport, origin).outcome).toBe('fine');
  expect(opened()).toBeLessThanOrEqual(2);
  expect(heard).toBe(false);
});

it('sends a request once what goes before it is written down, on a new connection and on a used one', async () => {
  const sent: boolean[] = [];
  let last: Sent | undefined;
  const outbox = new Outbox(() => sent.push(last!.call.isSent));
  const { origin, transport, opened } = await upstream((response) => response.end('fine'), { outbox });
  for (let count = 0; count < 2; count++) {
    last = send(transport, origin);
    expect(await last.outcome).toBe('fine');
    expect(last.call.isSent).toBe(true);
  }
  expect([sent, opened()]).toEqual([[false, false], 1]);
});

it('never sends a request that was given up in the same turn', async () => {
  let requests = 0;
  const { origin, transport } = await upstream((response) => {
    requests += 1;
    response.end('fine');
  });
  await send(transport, origin).outcome;
  const { call } = send(transport, origin);
  call.abort();
  expect(await send(transport, origin).outcome).toBe('fine');
  expect([call.isSent, requests]).toEqual([false, 2]);
});
