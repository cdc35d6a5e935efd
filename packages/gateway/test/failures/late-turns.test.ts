import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { stopClock } from '../harness/stopped-clock.ts';
import { answerOf } from './caller.ts';
import { startDrill } from './drill.ts';

const answer = JSON.stringify({
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
});

it.each([
  { of: 'the gateway', sections: { queue: { max_concurrent: 1 } }, code: 'queue_timeout', pool: 'admission' },
  {
    of: 'a target',
    sections: { resilience: { bulkhead: { max_concurrent: 1, max_queue: 10 } }, queue: { max_concurrent: 10 } },
    code: 'target_busy',
    pool: undefined,
  },
])('a request whose time was up in the queue of $of was sent, and its target blamed for it', async (setting) => {
  const { sections, code } = setting;
  const held: ServerResponse[] = [];
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    request.resume().on('end', () => held.push(response) > 1 && response.end(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const primaryTarget = { api_base: `http://127.0.0.1:${port}/v1` };
  const drill = await startDrill({ primary: 'sim', primaryTarget, sections });
  const { gateway } = drill;
  const clock = stopClock();
  const first = drill.call();
  await expect.poll(() => held.length).toBe(1);
  const second = drill.call();
  await expect
    .poll(() => gateway.slots.counts('admission'))
    .toEqual(setting.pool === undefined ? { inFlight: 2, queued: 0 } : { inFlight: 1, queued: 1 });
  clock.advance(400_000);
  held[0]!.end(answer);
  expect((await first).status).toBe(200);
  const late = await second;
  expect([late.status, answerOf(late).error?.code, late.headers['retry-after']]).toEqual([503, code, '1']);
  expect(held).toHaveLength(1);
  const [target] = gateway.gateway.runtime.catalog.targets.values();
  expect(gateway.health.recordOf(target!.healthId)?.recent?.failures ?? 0).toBe(0);
  expect(gateway.slots.counts('admission')).toEqual({ inFlight: 0, queued: 0 });
  clock.restore();
  await drill.stop();
  server.close();
});
