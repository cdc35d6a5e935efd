import { createHash } from 'node:crypto';
import { answerText, type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { answerOf, call, hello, openRequest, replyTo, streamedText, textOf } from './caller.ts';

let first: Simulator;
let second: Simulator;
let gateway: TestGateway;

beforeEach(async () => {
  first = await startSimulator({ name: 'first' });
  second = await startSimulator({ name: 'second' });
});

afterEach(async () => {
  await gateway.stop();
  await Promise.all([first.close(), second.close()]);
});

const provider = (name: string, simulator: Simulator) => ({
  name,
  api_base: `${simulator.url}/api/v1`,
  api_key: `key-of-${name}`,
});

async function start(models: Record<string, unknown>): Promise<string> {
  gateway = await startTestGateway({ config: { models } });
  return gateway.url;
}

describe('any other endpoint of a provider', () => {
  it('is reached below the name of the model, with its query and body, and the key of the provider', async () => {
    const url = await start({ 'gpt-4o': { providers: [provider('one', first)] } });
    const body = JSON.stringify({ input: 'text', dimensions: 3 });
    const response = await call(url, body, { path: '/v1/gpt-4o/embeddings?trace=1&trace=2', key: 'client-key' });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ object: 'list' });
    const [attempt] = first.attempts;
    expect(attempt).toMatchObject({
      method: 'POST',
      path: '/api/v1/embeddings',
      headers: { authorization: 'Bearer key-of-one' },
    });
    expect(attempt!.query).toBe('trace=1&trace=2');
    expect(attempt!.body.toString()).toBe(body);
  });

  it('streams the reply through as it comes', async () => {
    const url = await start({ 'gpt-4o': { providers: [provider('one', first)] } });
    first.behave({ kind: 'answer', tokens: 4, gapMs: 40 });
    const response = await call(
      url,
      { model: 'gpt-4o', stream: true, messages: hello },
      { path: '/v1/gpt-4o/chat/completions' },
    );
    let chunks = 0;
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      chunks++;
      text += chunk;
    }
    expect(chunks).toBeGreaterThan(2);
    expect(streamedText(text)).toBe(answerText(4));
  });

  it('takes a long body that arrives in pieces, and of unknown length', async () => {
    const url = await start({ 'gpt-4o': { providers: [provider('one', first)] } });
    const piece = Buffer.alloc(64 * 1024, 'piece of an upload ');
    const sent = openRequest(url, '/v1/gpt-4o/some/thing', { 'content-type': 'application/octet-stream' });
    for (let count = 0; count < 20; count++) sent.write(piece);
    sent.end();
    const reply = await replyTo(sent);
    expect(reply.statusCode).toBe(200);
    const seen = JSON.parse(await textOf(reply)) as Record<string, unknown>;
    const expected = createHash('sha256').update(Buffer.concat(Array.from({ length: 20 }, () => piece)));
    expect(seen).toMatchObject({
      path: '/api/v1/some/thing',
      bodyBytes: 20 * piece.length,
      bodySha256: expected.digest('hex'),
    });
  });

  it('passes status, headers and body of the provider on', async () => {
    const url = await start({ 'gpt-4o': { providers: [provider('one', first)] } });
    first.behave({
      kind: 'raw',
      status: 203,
      bytes: 'short and stout',
      headers: { 'content-type': 'text/x-tea', 'x-pot': '1' },
    });
    const response = await call(url, {}, { path: '/v1/gpt-4o/tea' });
    expect(response.status).toBe(203);
    expect(response.headers.get('x-pot')).toBe('1');
    expect(response.headers.get('content-type')).toBe('text/x-tea');
    expect(await response.text()).toBe('short and stout');
  });

  it('keeps to its folder and away from the account', async () => {
    const url = await start({ 'gpt-4o': { providers: [provider('one', first)] } });
    for (const path of [
      '/v1/gpt-4o/files',
      '/v1/gpt-4o/x/%2e%2e/files',
      '/v1/gpt-4o/..%2Ffiles',
      '/v1/gpt-4o//evil.example/x',
    ]) {
      const sent = openRequest(url, path, { 'content-type': 'application/json', 'content-length': '2' });
      sent.end('{}');
      const reply = await replyTo(sent);
      expect(reply.statusCode).toBeGreaterThanOrEqual(400);
      reply.resume();
    }
    expect(first.attempts).toHaveLength(0);
  });

  it('does not hide the routes of the gateway', async () => {
    const url = await start({
      chat: { providers: [provider('one', first)] },
      'gpt-4o': { providers: [provider('two', second)] },
    });
    expect((await answerOf(await call(url, { model: 'gpt-4o', messages: hello }))).object).toBe('chat.completion');
    expect((await call(url, { messages: hello }, { path: '/v1/chat/else' })).status).toBe(404);
    expect([first.attempts.length, second.attempts.length]).toEqual([0, 1]);
  });

  it('is not sent again when the provider refuses it', async () => {
    const url = await start({ 'gpt-4o': { providers: [provider('one', first)] } });
    first.behave({ kind: 'status', status: 400 });
    expect((await call(url, {}, { path: '/v1/gpt-4o/some/thing' })).status).toBe(400);
    expect(first.attempts).toHaveLength(1);
  });

  // Known: what a provider refuses on one path is taken for a wrong key, and chats find nobody.
  it.each([401, 403])(
    'takes a provider away from nobody else when the provider refuses one path with %i',
    async (status) => {
      const url = await start({ 'gpt-4o': { providers: [provider('one', first)] } });
      first.script([{ kind: 'status', status, error: { message: 'Missing scopes: x', code: 'missing_scope' } }]);
      await (await call(url, {}, { path: '/v1/gpt-4o/some/thing' })).arrayBuffer();
      expect((await call(url, { model: 'gpt-4o', messages: hello })).status).toBe(200);
    },
  );

  // Known: an error comes in the gateway's words, without the headers and the body of the provider.
  it('passes errors of the provider on as they are', async () => {
    const url = await start({ 'gpt-4o': { providers: [provider('one', first)] } });
    first.behave({
      kind: 'raw',
      status: 418,
      bytes: 'short and stout',
      headers: { 'content-type': 'text/x-tea', 'x-pot': '1' },
    });
    const response = await call(url, {}, { path: '/v1/gpt-4o/tea' });
    expect([response.status, response.headers.get('x-pot'), await response.text()]).toEqual([
      418,
      '1',
      'short and stout',
    ]);
  });
});
