import { request } from 'node:http';
import { setTimeout as after } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { readAll } from './caller.ts';
import { startDrill } from './drill.ts';

it('a request whose body took all of its time was sent, to be broken off at once', async () => {
  const drill = await startDrill({ primary: 'sim', timeout: { request_seconds: 0.2 } });
  // A connection that is there already takes no time.
  expect((await drill.call()).status).toBe(200);
  const outgoing = request(`${drill.gateway.url}/v1/chat/completions`, { method: 'POST', agent: false });
  const body = JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'Hello!' }] });
  outgoing.setHeader('content-length', body.length);
  outgoing.write(body.slice(0, 10));
  await after(300);
  const reply = new Promise((resolve) => {
    outgoing.on('response', async (response) => {
      const { error } = JSON.parse((await readAll(response)).body.toString());
      resolve([response.statusCode, error.code]);
    });
  });
  outgoing.end(body.slice(10));
  expect(await reply).toEqual([504, 'upstream_timeout']);
  expect(drill.attempts()).toEqual([1, 0]);
  await drill.stop();
});
