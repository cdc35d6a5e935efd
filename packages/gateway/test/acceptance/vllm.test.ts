import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answerText, type Chunking, type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { type BuiltGateway, buildGateway } from './built-gateway.ts';
import { call, eventsOf, hello, sentBody, streamedText } from './caller.ts';

const model = 'TheBloke/Mistral-7B-Instruct-v0.2-AWQ';

describe('servers of one model each', () => {
  let simulator: Simulator;
  let gateway: TestGateway;

  beforeEach(async () => {
    simulator = await startSimulator({});
    gateway = await startTestGateway({
      config: {},
      env: { VLLM_BACKENDS: JSON.stringify({ [model]: simulator.url }) },
    });
  });

  afterEach(async () => {
    await gateway.stop();
    await simulator.close();
  });

  it('are found by a name with a slash in the body, and get it without a key', async () => {
    expect((await call(gateway.url, { model, messages: hello }, { key: 'client' })).status).toBe(200);
    expect(simulator.attempts[0]).toMatchObject({ path: '/v1/chat/completions', model });
    expect(simulator.attempts[0]!.headers.authorization).toBeUndefined();
  });

  it.each([model, encodeURIComponent(model)])('are found by their name in the path: %s', async (name) => {
    const path = `/v1/models/${name}/chat/completions`;
    expect((await call(gateway.url, { messages: hello }, { path })).status).toBe(200);
    expect(sentBody(simulator.attempts[0])).toEqual({ model, messages: hello });
    expect(await (await fetch(`${gateway.url}/v1/models/${name}`)).json()).toMatchObject({ id: model });
  });

  it('pass every field on', async () => {
    const body = {
      model,
      messages: hello,
      tools: [],
      response_format: { type: 'text' },
      stream_options: { include_usage: true },
      guided_regex: 'a+',
    };
    await call(gateway.url, body);
    expect(sentBody(simulator.attempts[0])).toEqual(body);
  });

  it.each<[string, Chunking]>([
    ['one event at a time', 'event'],
    ['one byte at a time', 'byte'],
    ['all at once', 'all'],
    ['pieces that cut events and characters', [7, 3, 11, 1]],
  ])('stream word by word, whatever arrives: %s', async (_name, chunking) => {
    simulator.behave({ kind: 'answer', chunking });
    const text = await (await call(gateway.url, { model, messages: hello, stream: true })).text();
    const events = eventsOf(text);
    expect(events.at(-1)).toBe('[DONE]');
    expect(streamedText(text)).toBe(answerText(60));
    // A word for each event, beside the role, the finish and the end.
    expect(events.length).toBeGreaterThanOrEqual(61);
    expect(text).not.toContain('\uFFFD');
  });

  it('answer without a stream when none is asked for', async () => {
    const response = await call(gateway.url, { model, messages: hello });
    expect(response.headers.get('content-type')).toContain('application/json');
  });

  it('share the requests of a model that has several', async () => {
    const other = await startSimulator({});
    const pair = await startTestGateway({
      config: {},
      env: { VLLM_BACKENDS: JSON.stringify({ [model]: [simulator.url, other.url] }) },
    });
    try {
      for (let request = 0; request < 4; request++)
        await (await call(pair.url, { model, messages: hello })).arrayBuffer();
      expect([simulator.attempts.length, other.attempts.length]).toEqual([2, 2]);
    } finally {
      await pair.stop();
      await other.close();
    }
  });
});

describe('a start with an .env file alone', () => {
  let built: BuiltGateway;
  let simulator: Simulator;

  beforeAll(async () => {
    built = await buildGateway();
    simulator = await startSimulator({});
  });

  afterAll(async () => {
    await built.remove();
    await simulator.close();
  });

  const environmentFile = (address: string, backends: string) =>
    `# Where it listens\nGATEWAY_LISTEN_ADDR="${address}"\n\nVLLM_BACKENDS='${backends}'\n\nRUST_LOG="info"\n`;

  it('listens where the file says and serves the models it names', async () => {
    const backends = JSON.stringify({ [model]: simulator.url });
    const gateway = await built.start({
      files: { '.env': environmentFile('127.0.0.1:0', backends) },
      env: { METRICS_PORT: '0' },
    });
    const url = await gateway.listening();
    const text = await (await call(url, { model, messages: hello, stream: true })).text();
    expect(streamedText(text)).toBe(answerText(60));
    expect(gateway.stdout()).not.toContain('"DEBUG"');
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toBe(0);
  });

  it('takes over a model that is added to the file', async () => {
    const backends = { [model]: simulator.url };
    const files = { '.env': environmentFile('127.0.0.1:0', JSON.stringify(backends)) };
    const gateway = await built.start({ files, env: { METRICS_PORT: '0' } });
    const url = await gateway.listening();
    expect((await call(url, { model: 'org/new', messages: hello })).status).toBe(404);
    const changed = environmentFile('127.0.0.1:0', JSON.stringify({ ...backends, 'org/new': simulator.url }));
    await writeFile(join(gateway.directory, '.env'), changed);
    await gateway.waitForOutput('Configuration reloaded');
    expect((await call(url, { model: 'org/new', messages: hello })).status).toBe(200);
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toBe(0);
  });

  it('writes debug lines when RUST_LOG asks for them', async () => {
    const files = {
      '.env': environmentFile('127.0.0.1:0', JSON.stringify({ [model]: simulator.url })).replace('"info"', '"debug"'),
    };
    const gateway = await built.start({ files, env: { METRICS_PORT: '0' } });
    await (await call(await gateway.listening(), { model, messages: hello })).arrayBuffer();
    await gateway.waitForOutput('"trail":');
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toBe(0);
    expect(gateway.stdout()).toContain('"level":"DEBUG"');
  });

  it.each([
    ['{"model": "http://localhost:8000"', 'VLLM_BACKENDS is not valid JSON'],
    ['{"model": "localhost"}', 'VLLM_BACKENDS must be a JSON object of model names and base URLs'],
    ['["http://localhost:8000"]', 'VLLM_BACKENDS must be a JSON object of model names and base URLs'],
  ])('ends with a readable error when the backends are %s', async (backends, message) => {
    const gateway = await built.start({ args: ['start'], files: { '.env': environmentFile('127.0.0.1:0', backends) } });
    expect(await gateway.ended).toBe(1);
    expect(gateway.stderr()).toContain(message);
    expect(gateway.stderr()).not.toMatch(/^\s+at /m);
  });
});
