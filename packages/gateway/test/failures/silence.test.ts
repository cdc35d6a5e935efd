import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { answerOf } from './caller.ts';
import { type Drill, type DrillOptions, expectHonestBreak, expectWhole, onlyLine, startDrill } from './drill.ts';

/** The usual limits at a thirtieth of their length. */
const timeout = {
  connect_seconds: 0.3,
  headers_seconds: 0.3,
  stream_headers_seconds: 0.3,
  first_token_seconds: 0.3,
  idle_seconds: 0.4,
};

let drill: Drill;
const start = async (options: DrillOptions): Promise<Drill> => {
  drill = await startDrill({ timeout, ...options });
  return drill;
};
afterEach(() => drill.stop());

describe.each([{ stream: true }, { stream: false }])('a provider that is silent (stream: $stream)', ({ stream }) => {
  it('before its head and alone is tried once, with the patience that is left', async () => {
    await start({ primary: 'f6', timeout: { ...timeout, request_seconds: 0.6 } });
    const reply = await drill.call({ stream });
    expect(reply.status).toBe(504);
    expect(answerOf(reply).error?.code).toBe('upstream_timeout');
    expect(drill.attempts()).toEqual([1, 0]);
    expect(reply.durationMs).toBeGreaterThan(380);
    await drill.isQuiet();
    expect(await onlyLine(drill)).toMatchObject({ status: 504, attempts: 1 });
  });

  it('longer than the target’s own limit was not left for another when that limit was the last to strike', async () => {
    const generous = { ...timeout, headers_seconds: 30, stream_headers_seconds: 30, first_token_seconds: 30 };
    await start({ primary: 'f6', fallback: 'ok', timeout: generous, primaryTarget: { timeout_seconds: 0.3 } });
    expectWhole(await drill.call({ stream }), stream);
    expect(drill.attempts()).toEqual([1, 1]);
  });
});

describe('a stream', () => {
  it('with a late first token is waited for when nothing else can answer', async () => {
    await start({ primary: 'f7?seconds=0.6', timeout: { ...timeout, idle_seconds: 20 } });
    expectWhole(await drill.call({ stream: true }), true);
    expect(drill.attempts()).toEqual([1, 0]);
  });

  it('that falls silent after its first token breaks honestly, and the provider is let go', async () => {
    await start({ primary: 'f9?seconds=10', fallback: 'ok' });
    const reply = await drill.call({ stream: true });
    expect(expectHonestBreak(reply, 20).error?.code).toBe('upstream_timeout');
    expect(drill.attempts()).toEqual([1, 0]);
    await drill.isQuiet();
    expect(drill.primary.attempts[0]!.outcome).toBe('client_closed');
    expect(await onlyLine(drill)).toMatchObject({ status: 200, failure: 'idle_timeout', attempts: 1 });
    drill.primary.behave({ kind: 'answer' });
    expectWhole(await drill.call({ stream: true }), true);
  });

  it('that dribbles for ever ends with the limit of the whole', async () => {
    await start({ primary: 'f20a?rate=4000', timeout: { ...timeout, streaming_seconds: 0.7 } });
    const reply = await drill.call({ stream: true });
    const answer = answerOf(reply);
    expect(answer.error?.code).toBe('upstream_timeout');
    expect(answer.text.length).toBeGreaterThan(0);
    expect(answer.isDone).toBe(false);
    await drill.isQuiet();
  });
});

describe('an answer that is not streamed', () => {
  it('and stalls in its body is left for another', async () => {
    await start({ primary: 'sim', fallback: 'ok' });
    drill.primary.behave({ kind: 'hang', when: { afterBytes: 40 } });
    expectWhole(await drill.call(), false);
    expect(drill.attempts()).toEqual([1, 1]);
    await drill.isQuiet();
  });

  it('and dribbles for ever ends with the limit of the whole', async () => {
    await start({ primary: 'f20a?rate=20', timeout: { ...timeout, request_seconds: 0.6 } });
    const reply = await drill.call();
    expect(reply.status).toBe(504);
    await drill.isQuiet();
  });
});

it('a refusal whose body never ended was taken for silence', async () => {
  const server = createServer((_request, response) => {
    response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '40' }).write('{"error":');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await start({ primary: 'sim', primaryTarget: { api_base: `http://127.0.0.1:${port}/v1` } });
  const reply = await drill.call();
  expect(reply.status).toBe(429);
  expect(reply.headers['retry-after']).toBe('40');
  server.closeAllConnections();
  server.close();
});
