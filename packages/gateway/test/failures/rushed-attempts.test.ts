import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { stopClock } from '../harness/stopped-clock.ts';
import { startDrill } from './drill.ts';

const answer = JSON.stringify({
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
});

it.each([
  { waited: 'most of its time', waitedMs: 990, headersMs: 500, blamed: 0 },
  { waited: 'some of its time', waitedMs: 400, headersMs: 5_000, blamed: 1 },
  { waited: 'most of its time, and that of a target to begin is short,', waitedMs: 900, headersMs: 50, blamed: 1 },
])('a target was blamed for a request that had waited $waited in the queue', async (setting) => {
  const { blamed, headersMs, waitedMs } = setting;
  const held: ServerResponse[] = [];
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    request.resume().on('end', () => held.push(response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const primaryTarget = { api_base: `http://127.0.0.1:${port}/v1` };
  const timeout = { request_seconds: 1, headers_seconds: headersMs / 1_000 };
  const sections = { queue: { max_concurrent: 1 } };
  const drill = await startDrill({ primary: 'sim', primaryTarget, timeout, sections });
  const clock = stopClock();
  const first = drill.call();
  await expect.poll(() => held.length).toBe(1);
  const second = drill.call();
  await expect.poll(() => drill.gateway.slots.counts('admission').queued).toBe(1);
  clock.advance(waitedMs);
  held[0]!.end(answer);
  expect((await first).status).toBe(200);
  await expect.poll(() => held.length).toBe(2);
  clock.advance(1_000 - waitedMs);
  expect((await second).status).toBe(504);
  const [target] = drill.gateway.gateway.runtime.catalog.targets.values();
  expect(drill.gateway.health.recordOf(target!.healthId)?.recent?.failures ?? 0).toBe(blamed);
  clock.restore();
  await drill.stop();
  server.closeAllConnections();
  server.close();
});
