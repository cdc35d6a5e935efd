import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { answerText, type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../harness/test-gateway.ts';
import { type ChatAnswer, streamedText } from './caller.ts';

const run = promisify(execFile);
const hasCurl = await run('curl', ['--version']).then(
  () => true,
  () => false,
);

let simulator: Simulator;
let backends: TestGateway;
let providers: TestGateway;

beforeAll(async () => {
  simulator = await startSimulator({});
  const one = [{ name: 'one', api_base: `${simulator.url}/v1`, api_key: 'provider-key' }];
  backends = await startTestGateway({
    config: { backends: [{ url: simulator.url, weight: 1, default_model: 'llama-3.1-8b-instant' }] },
  });
  providers = await startTestGateway({
    config: {
      models: { 'deepseek-r1': { providers: one } },
      providers: {
        openai: { api_key: 'a', base_url: `${simulator.url}/v1`, models: ['gpt-4o'] },
        anthropic: { api_key: 'b', base_url: simulator.url },
      },
    },
  });
});

afterAll(async () => {
  await Promise.all([backends.stop(), providers.stop()]);
  await simulator.close();
});

/** Runs the command as it would be pasted into a shell; only the port is the test's. */
async function paste(command: string): Promise<string> {
  const typed = command
    .replaceAll('http://localhost:8000', backends.url)
    .replaceAll('http://localhost:8080', providers.url);
  const { stdout } = await run('sh', ['-c', typed]);
  return stdout;
}

const contentOf = (text: string) => (JSON.parse(text) as ChatAnswer).choices[0]!.message.content;

describe.skipIf(!hasCurl)('commands as people paste them (skipped: there is no curl)', () => {
  it.each([
    [
      'the short path',
      `curl http://localhost:8000/chat \\
  -H "Content-Type: application/json" \\
  -d '{"messages": [{"role": "user", "content": "Hello!"}]}'`,
    ],
    [
      'the long path',
      `curl http://localhost:8000/v1/chat/completions \\
  -H "Content-Type: application/json" \\
  -d '{"messages": [{"role": "user", "content": "Hello!"}]}'`,
    ],
    [
      'a system prompt',
      `curl http://localhost:8000/chat \\
  -H "Content-Type: application/json" \\
  -d '{
    "messages": [
      {"role": "system", "content": "You are a concise coding assistant."},
      {"role": "user", "content": "Write fizzbuzz in Python"}
    ]
  }'`,
    ],
    [
      'several turns',
      `curl http://localhost:8000/chat \\
  -H "Content-Type: application/json" \\
  -d '{
    "messages": [
      {"role": "user", "content": "What is 2 + 2?"},
      {"role": "assistant", "content": "4."},
      {"role": "user", "content": "Multiply that by 10"}
    ]
  }'`,
    ],
    [
      'a key',
      `curl http://localhost:8000/chat \\
  -H "Content-Type: application/json" \\
  -H "Authorization: Bearer my-api-key" \\
  -d '{"messages": [{"role": "user", "content": "Hello!"}]}'`,
    ],
    [
      'settings',
      `curl -X POST http://localhost:8080/v1/chat/completions \\
-H "Content-Type: application/json" \\
-H "Authorization: Bearer YOUR_API_KEY" \\
-d '{
"model": "gpt-4o",
"messages": [
{"role": "system", "content": "You are a helpful assistant."},
{"role": "user", "content": "Hello, how are you?"}
],
"temperature": 0.7,
"max_tokens": 150
}'`,
    ],
    [
      'a picture',
      `curl -X POST http://localhost:8080/v1/chat/completions \\
-H "Content-Type: application/json" \\
-H "Authorization: Bearer YOUR_API_KEY" \\
-d '{
"model": "gpt-4o",
"messages": [
{
"role": "user",
"content": [
{"type": "text", "text": "What is in this image?"},
{
"type": "image_url",
"image_url": {"url": "https://example.com/image.jpg"}
}
]
}
]
}'`,
    ],
    [
      'a pool',
      `curl -X POST http://localhost:8080/v1/chat/completions \\
-H "Content-Type: application/json" \\
-d '{
"model": "deepseek-r1",
"messages": [{"role": "user", "content": "Hello!"}]
}'`,
    ],
  ])('answer with %s', async (_what, command) => {
    expect(contentOf(await paste(command))).toBe(answerText(60));
  });

  it.each([
    [
      'the short path',
      `curl --no-buffer http://localhost:8000/chat \\
  -H "Content-Type: application/json" \\
  -d '{"messages": [{"role": "user", "content": "Write a poem about Rust"}], "stream": true}'`,
    ],
    [
      'another provider',
      `curl -X POST http://localhost:8080/v1/chat/completions \\
-H "Content-Type: application/json" \\
-H "Authorization: Bearer YOUR_API_KEY" \\
-N \\
-d '{
"model": "claude-3-5-sonnet",
"messages": [{"role": "user", "content": "Tell me a story"}],
"stream": true
}'`,
    ],
  ])('stream from %s', async (_what, command) => {
    const text = await paste(command);
    expect(streamedText(text)).toBe(answerText(60));
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  it('list models and tell the health', async () => {
    const models = await paste('curl http://localhost:8080/v1/models \\\n-H "Authorization: Bearer YOUR_API_KEY"');
    expect(JSON.parse(models)).toMatchObject({ object: 'list', data: [{ id: 'deepseek-r1' }, { id: 'gpt-4o' }] });
    expect(await paste('curl http://localhost:8080/health')).toBe('{"status":"ok"}');
    expect(JSON.parse(await paste('curl http://localhost:8080/health?detailed=true'))).toMatchObject({
      status: 'ok',
      version: 'test',
    });
    expect(await paste('curl http://localhost:8000/metrics')).toContain('gateway_requests_total');
  });
});
