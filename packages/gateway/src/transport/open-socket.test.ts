import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { startFullHost } from '../../test/scenarios/frozen-host.ts';
import { systemClock } from '../canonical/clock.ts';
import { createManualClock } from '../stores/manual-clock.fixture.ts';
import { createHttpTransport } from './http-transport.ts';
import type { Transport } from './upstream-call.ts';

let transport: Transport;
afterEach(() => transport.close());

/** Asks for something; resolves with the status, or with the code of the error. */
function ask(origin: string, connectMs: number): Promise<number | string> {
  return new Promise((resolve) => {
    let status = 0;
    const request = { origin, method: 'GET', path: '/', headers: [], body: undefined, connectMs };
    transport.send(request, {
      onHead: (code) => {
        status = code;
      },
      onData: () => true,
      onEnd: () => resolve(status),
      onError: (error) => resolve(String((error as NodeJS.ErrnoException).code)),
    });
  });
}

it('gives up a connection that is not accepted at its limit, to the millisecond', async () => {
  const host = await startFullHost();
  const clock = createManualClock();
  transport = createHttpTransport({ clock });
  let ended: number | string | undefined;
  const asked = ask(host.url, 50).then((end) => {
    ended = end;
  });
  clock.advance(49);
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  expect(ended).toBeUndefined();
  clock.advance(1);
  await asked;
  expect(ended).toBe('UPSTREAM_CONNECT_TIMEOUT');
  host.stop();
});

it('sets a timer for each connection, and none for what goes out on a kept one', async () => {
  const server = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1');
  let connections = 0;
  server.on('connection', () => connections++);
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const limits: number[] = [];
  let pending = 0;
  transport = createHttpTransport({
    clock: {
      now: systemClock.now,
      schedule(callback, delayMs) {
        limits.push(delayMs);
        pending++;
        const cancel = systemClock.schedule(callback, delayMs);
        return () => {
          pending--;
          cancel();
        };
      },
    },
  });
  for (let count = 0; count < 10; count++) expect(await ask(origin, 30_000)).toBe(200);
  expect([limits, pending]).toEqual([Array.from({ length: connections }, () => 30_000), 0]);
  expect(connections).toBeLessThan(10);
  server.closeAllConnections();
  server.close();
});
