import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerText } from '../answer-text.ts';
import { type Simulator, startSimulator } from '../simulator.ts';
import { exchange, streamData } from '../testing/raw-exchange.ts';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ tokens: 5, models: ['one', 'org/two'] });
});
afterAll(() => simulator.close());

const text = answerText(5);

async function ask(path: string, body: unknown) {
  const reply = await exchange(simulator.url, { path, body });
  expect(reply, path).toMatchObject({ status: 200, complete: true });
  return JSON.parse(reply.text);
}

describe('other endpoints', () => {
  it('complete', async () => {
    const answer = await ask('/v1/completions', { model: 'm', prompt: 'a b' });
    expect(answer).toMatchObject({
      object: 'text_completion',
      choices: [{ text, finish_reason: 'stop' }],
      usage: { prompt_tokens: 2 },
    });
    const reply = await exchange(simulator.url, {
      path: '/v1/completions',
      body: { model: 'm', prompt: 'a', stream: true },
    });
    const events = streamData(reply.text) as { choices?: { text: string }[] }[];
    expect(events.map((event) => event.choices?.[0]?.text ?? '').join('')).toBe(text);
  });

  it('embed the same text the same way, as numbers or base64', async () => {
    const answer = await ask('/v1/embeddings', { model: 'm', input: ['a b', 'a b', 'c'], dimensions: 4 });
    const [first, second, third] = answer.data.map((entry: { embedding: number[] }) => entry.embedding);
    expect(first).toEqual(second);
    expect(first).not.toEqual(third);
    expect(first).toHaveLength(4);
    expect(answer.usage).toEqual({ prompt_tokens: 5, total_tokens: 5 });
    const packed = await ask('/v1/embeddings', { model: 'm', input: 'a b', dimensions: 4, encoding_format: 'base64' });
    expect(Buffer.from(packed.data[0].embedding, 'base64')).toEqual(Buffer.from(new Float32Array(first).buffer));
    expect((await ask('/v1/embeddings', { model: 'm', input: [1, 2, 3] })).data).toHaveLength(1);
  });

  it('moderate, rerank and draw', async () => {
    const moderation = await ask('/v1/moderations', { input: ['peace', 'violence'] });
    expect(moderation.results.map((result: { flagged: boolean }) => result.flagged)).toEqual([false, true]);
    const documents = ['red fish', 'blue bird', { text: 'a blue fish' }];
    const ranking = await ask('/v2/rerank', {
      model: 'm',
      query: 'blue fish',
      documents,
      top_n: 2,
      return_documents: true,
    });
    expect(ranking.results.map((result: { index: number }) => result.index)).toEqual([2, 0]);
    expect(ranking.results[1].document).toEqual({ text: 'red fish' });
    const images = await ask('/v1/images/generations', { model: 'm', prompt: 'x', n: 2 });
    expect(images.data).toHaveLength(2);
    expect(Buffer.from(images.data[0].b64_json, 'base64').subarray(1, 4).toString()).toBe('PNG');
  });

  it('speak bytes that are no text', async () => {
    const reply = await exchange(simulator.url, {
      path: '/v1/audio/speech',
      body: { model: 'm', input: 'x', voice: 'y' },
    });
    expect(reply.headers['content-type']).toBe('audio/mpeg');
    expect(reply.chunks[0]).toHaveLength(5 * 256);
    expect(reply.chunks[0]?.[255]).toBe(255);
  });

  it('report what was uploaded', async () => {
    const body = Buffer.from(
      '--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nf1:upload\r\n' +
        '--b\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\n12345\r\n--b--\r\n',
    );
    const options = {
      path: '/v1/audio/transcriptions',
      body,
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
    };
    expect((await exchange(simulator.url, options)).status).toBe(429);
    expect(JSON.parse((await exchange(simulator.url, options)).text)).toMatchObject({ filename: 'a.wav', bytes: 5 });
  });

  it('list models and know any by name', async () => {
    const list = JSON.parse((await exchange(simulator.url, { path: '/v1/models' })).text);
    expect(list.data.map((model: { id: string }) => model.id)).toEqual(['one', 'org/two']);
    expect(JSON.parse((await exchange(simulator.url, { path: '/v1/models/org%2Ftwo' })).text).id).toBe('org/two');
  });

  it('describe what reaches any other path', async () => {
    const reply = await exchange(simulator.url, {
      path: '/v9/files/7?x=1&y',
      method: 'PUT',
      body: Buffer.from([0, 255]),
      headers: { 'x-y': 'z' },
    });
    expect(JSON.parse(reply.text)).toMatchObject({
      method: 'PUT',
      path: '/v9/files/7',
      query: 'x=1&y',
      headers: { 'x-y': 'z' },
      bodyBytes: 2,
      bodySha256: '06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8',
    });
  });
});
