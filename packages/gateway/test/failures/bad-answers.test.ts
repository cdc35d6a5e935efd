import { afterEach, expect, it } from 'vitest';
import { answerOf } from './caller.ts';
import { type Drill, startDrill } from './drill.ts';

let drill: Drill;
afterEach(() => drill.stop());

it('an answer that is too long to be held flows through whole', async () => {
  drill = await startDrill({ primary: 'f19a?bytes=9000000' });
  const reply = await drill.call();
  expect(reply.isCut).toBe(false);
  expect(answerOf(reply).text.length).toBeGreaterThan(8_000_000);
  await drill.isQuiet();
});

it('an answer that is too long to be held and breaks is cut, so that nobody takes it for whole', async () => {
  drill = await startDrill({ primary: 'sim', fallback: 'ok' });
  drill.primary.behave({ kind: 'reset', when: { afterBytes: 6_000_000 }, text: 'x'.repeat(8_000_000) });
  const reply = await drill.call();
  expect(reply.isCut).toBe(true);
  expect(drill.attempts()).toEqual([1, 0]);
  await drill.isQuiet();
});

it('a reply that is passed on unread told of an attempt as good that broke after its head', async () => {
  drill = await startDrill({ primary: 'sim', retry: { max_attempts: 1 } });
  drill.primary.behave({ kind: 'raw', wire: true, bytes: 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n' });
  const reply = await drill.call({ path: '/v1/audio/speech' });
  expect(reply.status).toBe(502);
  expect(reply.headers['x-gateway-attempts']).toMatch(/ truncated 200$/);
});

it.each(['/v1/audio/speech', '/v1/images/generations'])(
  'an answer of %s without a byte passed for one',
  async (path) => {
    drill = await startDrill({ primary: 'sim', fallback: 'ok' });
    drill.primary.behave('empty-200');
    const reply = await drill.call({ path });
    expect(reply.body.length).toBeGreaterThan(0);
    expect(reply.headers['x-gateway-attempts']).toMatch(/ malformed 200, \S+ ok$/);
  },
);
