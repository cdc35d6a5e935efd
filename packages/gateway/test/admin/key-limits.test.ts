import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type RecordGateway, startRecordGateway } from './record-gateway.ts';

let folder: string;
let simulator: Simulator;
let gateway: RecordGateway;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-limits-'));
  simulator = await startSimulator({ tokens: 5 });
  gateway = await startRecordGateway({
    location: { file: join(folder, 'record.db') },
    config: {
      models: { 'gpt-4o': { providers: [{ name: 'only', api_base: `${simulator.url}/v1`, api_key: 'sk-upstream' }] } },
    },
  });
});
afterAll(async () => {
  await gateway.stop();
  await simulator.close();
  await rm(folder, { recursive: true, force: true });
});

async function keyWith(limits: object): Promise<string> {
  const { body } = await gateway.admin('POST', '/admin/keys', { name: JSON.stringify(limits), ...limits });
  return body.key;
}

it('the requests of a key in a minute are limited, and it is told how many are left', async () => {
  const key = await keyWith({ requests_per_minute: 2 });
  const replies = [await gateway.chat(key), await gateway.chat(key), await gateway.chat(key)];
  expect(replies.map(({ status }) => status)).toEqual([200, 200, 429]);
  expect(replies.map(({ headers }) => headers.get('x-ratelimit-remaining'))).toEqual(['1', '0', '0']);
  expect(Number(replies[2]!.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  // Another key has limits of its own.
  expect((await gateway.chat(await keyWith({ requests_per_minute: 1 }))).status).toBe(200);
});

it('tokens are held by estimate and counted as they were used', async () => {
  const key = await keyWith({ tokens_per_minute: 400 });
  // More than there is, as far as anybody knows before the answer.
  expect((await gateway.chat(key, 'gpt-4o', { max_tokens: 1_000 })).status).toBe(429);
  // What was held for each, and not used, is there for the next one.
  for (let count = 0; count < 5; count++)
    expect((await gateway.chat(key, 'gpt-4o', { max_tokens: 200 })).status).toBe(200);
});

it('tokens of an answer that its caller did not wait for are counted', async () => {
  const key = await keyWith({ tokens_per_minute: 600 });
  simulator.behave({ kind: 'hang', when: { afterTokens: 200 }, text: 'words '.repeat(300) });
  const leaving = new AbortController();
  const body = { model: 'gpt-4o', stream: true, max_tokens: 500, messages: [{ role: 'user', content: 'Hello!' }] };
  const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: leaving.signal,
  });
  let events = '';
  const read = async () => {
    for await (const chunk of reply.body!) {
      events += Buffer.from(chunk).toString();
      if (events.match(/words/g)?.length === 200) leaving.abort();
    }
  };
  await expect(read()).rejects.toThrow();
  simulator.behave({ kind: 'answer' });
  // 300 were used: 200 fit into what is left, 400 do not, and without an estimate 500 would still be held.
  const status = async (max_tokens: number) => (await gateway.chat(key, 'gpt-4o', { max_tokens })).status;
  await vi.waitFor(async () => expect(await status(200)).toBe(200), { timeout: 10_000, interval: 50 });
  expect(await status(400)).toBe(429);
});

it('requests at one time are limited, and the place of one that ended is free', async () => {
  const key = await keyWith({ max_concurrent: 1 });
  simulator.behave({ kind: 'answer', firstTokenMs: 200 });
  const replies = await Promise.all([gateway.chat(key), gateway.chat(key), gateway.chat(key)]);
  expect(replies.map(({ status }) => status).sort()).toEqual([200, 429, 429]);
  simulator.behave({ kind: 'answer' });
  expect((await gateway.chat(key)).status).toBe(200);
});
