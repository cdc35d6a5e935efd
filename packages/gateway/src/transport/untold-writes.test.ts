import { once } from 'node:events';
import { setImmediate as setImmediateOver } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { certificate, privateKey } from '../../test/harness/localhost-certificate.ts';
import { systemClock } from '../canonical/clock.ts';
import { createHttpTransport } from './http-transport.ts';
import type { Transport } from './upstream-call.ts';

/** Answers in a thread of its own, so that it does while this one stands still; counts connections and answers. */
const upstream = `
  const { createServer } = require('node:https');
  const { parentPort, workerData: { counts, cert, key } } = require('node:worker_threads');
  const server = createServer({ cert, key }, (request, response) => {
    request.resume().on('end', () => response.end('{}', () => {
      Atomics.add(counts, 1, 1);
      Atomics.notify(counts, 1);
    }));
  });
  server.on('secureConnection', () => Atomics.add(counts, 0, 1));
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;
const counts = new Int32Array(new SharedArrayBuffer(8));

let worker: Worker;
let transport: Transport;
let trusted: string | undefined;
beforeEach(() => {
  trusted = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  // Nobody vouches for the certificate of the test.
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  worker = new Worker(upstream, { eval: true, workerData: { counts, cert: certificate, key: privateKey } });
  transport = createHttpTransport({ clock: systemClock });
});
afterEach(async () => {
  if (trusted === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = trusted;
  await transport.close();
  await worker.terminate();
});

function ask(origin: string): Promise<string> {
  return new Promise((resolve) => {
    const request = { origin, method: 'POST', path: '/', headers: [], body: Buffer.from('{}'), connectMs: 5_000 };
    transport.send(request, {
      onHead() {},
      onData: () => true,
      onEnd: () => resolve('end'),
      onError: (error) => resolve(String(error)),
    });
  });
}

it('a connection whose answer was there before TLS had told of the request was closed for it', async () => {
  const [port] = await once(worker, 'message');
  const origin = `https://localhost:${port}`;
  expect(await ask(origin)).toBe('end');
  await setImmediateOver();
  for (let answers = 1; answers < 4; answers++) {
    // Told after the caller may have the answer; without it the wait below would be over at once.
    await expect.poll(() => counts[1], { timeout: 10_000 }).toBe(answers);
    const end = ask(origin);
    // Behind the one in which the request goes out; over when it is answered. A request on a new connection never is.
    setImmediate(() => Atomics.wait(counts, 1, answers, 2_000));
    expect(await end).toBe('end');
    await setImmediateOver();
  }
  await expect.poll(() => [...counts], { timeout: 10_000 }).toEqual([1, 4]);
});
