import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { answerOf, openPost, readAll } from './caller.ts';
import { startDrill } from './drill.ts';

it('pictures whose servers do not answer were waited for beyond the time of their request', async () => {
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/picture.png`;
  const drill = await startDrill({
    primary: 'sim',
    primaryTarget: { protocols: ['gemini'] },
    timeout: { request_seconds: 0.3 },
    sections: { security: { media: { allowed_hosts: ['127.0.0.1'], timeout_seconds: 60 } } },
  });
  const picture = { type: 'image_url', image_url: { url } };
  const body = JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: [picture, picture] }] });
  const response = await openPost(`${drill.gateway.url}/v1/chat/completions`, { body }).response;
  const { headers, statusCode } = response;
  const { body: answer } = await readAll(response);
  expect([statusCode, answerOf({ body: answer, headers }).error?.code]).toEqual([504, 'upstream_timeout']);
  expect(drill.attempts()).toEqual([0, 0]);
  await drill.isQuiet();
  await drill.stop();
  silent.close();
});
