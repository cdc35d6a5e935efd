import { refusingUrl } from '@llm-gateway/simulator';
import { afterEach, describe, expect, it } from 'vitest';
import { answerOf } from './caller.ts';
import { type Drill, expectWhole, startDrill } from './drill.ts';

let drill: Drill;
afterEach(() => drill.stop());

describe.each([
  { name: 'f18a', stream: true },
  { name: 'f18a', stream: false },
  { name: 'f18b', stream: true },
  { name: 'f18b', stream: false },
  { name: 'f18c', stream: true },
  { name: 'f18d', stream: true },
  { name: 'f18d', stream: false },
])('status 200 without an answer ($name, stream: $stream)', ({ name, stream }) => {
  it('is tried again, then left for another', async () => {
    drill = await startDrill({ primary: name, fallback: 'ok' });
    expectWhole(await drill.call({ stream }), stream);
    expect(drill.attempts()).toEqual([2, 1]);
    await drill.isQuiet();
  });

  it('is an error when nothing else can answer', async () => {
    drill = await startDrill({ primary: name });
    const reply = await drill.call({ stream });
    expect(reply.status).toBe(502);
    expect(reply.headers['content-type']).toBe('application/json');
    expect(reply.headers['content-encoding']).toBeUndefined();
    expect(answerOf(reply).error?.code).toMatch(/^upstream_(malformed|truncated)$/);
    expect(drill.attempts()).toEqual([3, 0]);
  });
});

describe.each([{ stream: true }, { stream: false }])(
  'a provider that cannot be reached (stream: $stream)',
  ({ stream }) => {
    it.each([
      { what: 'refuses connections', address: refusingUrl },
      { what: 'has a name that does not resolve', address: async () => 'http://nowhere.invalid' },
      { what: 'speaks no TLS', address: async () => drill.primary.url.replace('http:', 'https:') },
    ])('because it $what is left for another', async ({ address }) => {
      drill = await startDrill({ primary: 'sim' });
      const base = await address();
      await drill.gateway.stop();
      const first = drill;
      drill = await startDrill({ primary: 'sim', fallback: 'ok', primaryTarget: { api_base: `${base}/v1` } });
      const reply = await drill.call({ stream });
      expectWhole(reply, stream);
      expect(reply.headers['x-gateway-attempts']).toMatch(/ connect_failed, .* connect_failed, .* ok$/);
      await first.stop();
    });
  },
);

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
