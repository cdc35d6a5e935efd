import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { answerText, type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BuiltGateway, buildGateway, type GatewayProcess } from './built-gateway.ts';
import { call, hello, streamedText } from './caller.ts';

let built: BuiltGateway;
let first: Simulator;
let second: Simulator;

beforeAll(async () => {
  built = await buildGateway();
});
afterAll(() => built.remove());

beforeEach(async () => {
  first = await startSimulator({ name: 'first' });
  second = await startSimulator({ name: 'second' });
});
afterEach(async () => {
  await Promise.all([first.close(), second.close()]);
});

const yaml = (url: string, more = '') => `
server: { host: 127.0.0.1, port: 0, metrics_port: 0 }
models:
  sim:
    providers:
      - { name: one, api_base: "${url}/v1", api_key: "\${PROVIDER_KEY:-none}" }
${more}`;

const chat = (url: string, more: Record<string, unknown> = {}) => call(url, { model: 'sim', messages: hello, ...more });

async function stopped(gateway: GatewayProcess): Promise<number | NodeJS.Signals> {
  gateway.signal('SIGTERM');
  return gateway.ended;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('where the configuration comes from', () => {
  it('is the file that the command line names, alone or with start', async () => {
    for (const args of [['pool.yaml'], ['start', '-c', 'pool.yaml'], ['start', '--config', 'pool.yaml']]) {
      const gateway = await built.start({
        args,
        files: { 'pool.yaml': yaml(first.url) },
        env: { PROVIDER_KEY: 'from-variable' },
      });
      expect((await chat(await gateway.listening())).status).toBe(200);
      expect(first.attempts.at(-1)!.headers.authorization).toBe('Bearer from-variable');
      expect(await stopped(gateway)).toBe(0);
    }
  });

  it.each([[[]], [['start']]])(
    'is the usual file of the working directory when nothing names one (%j)',
    async (args: string[]) => {
      const toml = `[server]\nhost = "127.0.0.1"\nport = 0\nmetrics_port = 0\n\n[[backends]]\nurl = "${first.url}"\nweight = 1\ndefault_model = "m"\n`;
      const gateway = await built.start({ args, files: { 'config.toml': toml } });
      expect((await call(await gateway.listening(), { messages: hello }, { path: '/chat' })).status).toBe(200);
      expect(await stopped(gateway)).toBe(0);
    },
  );

  it('can be the environment alone', async () => {
    const env = {
      OPENAI_API_KEY: 'sk-provider',
      OPENAI_BASE_URL: `${first.url}/v1`,
      SERVER_HOST: '127.0.0.1',
      SERVER_PORT: '0',
      METRICS_PORT: '0',
    };
    const gateway = await built.start({ args: ['start'], env });
    expect((await call(await gateway.listening(), { model: 'gpt-4o', messages: hello })).status).toBe(200);
    expect(first.attempts[0]).toMatchObject({
      path: '/v1/chat/completions',
      headers: { authorization: 'Bearer sk-provider' },
    });
    expect(await stopped(gateway)).toBe(0);
  });

  it('gives way to flags, and only to those that are given', async () => {
    const [port, metricsPort] = [await freePort(), await freePort()];
    const file = yaml(first.url).replace('port: 0', `port: ${port}`);
    const gateway = await built.start({
      args: ['start', '-c', 'c.yaml', '--metrics-port', String(metricsPort)],
      files: { 'c.yaml': file },
    });
    expect(await gateway.listening()).toBe(`http://127.0.0.1:${port}`);
    expect((await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).status).toBe(200);
    const taken = await built.start({ args: ['start', '-c', 'c.yaml'], files: { 'c.yaml': file } });
    expect(await taken.ended).not.toBe(0);
    expect(taken.stderr()).toContain(String(port));
    expect(taken.stderr()).not.toMatch(/^\s+at /m);
    expect(await stopped(gateway)).toBe(0);
  });

  it('ends the start with the place of every mistake', async () => {
    const gateway = await built.start({
      args: ['start', '-c', 'c.yaml'],
      files: { 'c.yaml': 'server:\n  port: many\nqueue:\n  max_size: -1\n' },
    });
    expect(await gateway.ended).toBe(1);
    expect(gateway.stderr()).toMatch(/c\.yaml:2:\d+/);
    expect(gateway.stderr()).toMatch(/c\.yaml:4:\d+/);
  });
});

describe('a configuration that changes while requests are served', () => {
  it('holds for new requests, leaves a stream under way alone and forgets no counter', async () => {
    const limit = 'rate_limit: { requests_per_minute: 3 }\n';
    const gateway = await built.start({ files: { 'config.yaml': yaml(first.url, limit) } });
    const url = await gateway.listening();
    first.behave({ kind: 'answer', tokens: 30, gapMs: 100 });
    const stream = await chat(url, { stream: true });
    await writeFile(join(gateway.directory, 'config.yaml'), yaml(second.url, limit));
    await gateway.waitForOutput('Configuration reloaded');
    expect((await chat(url)).headers.get('x-simulator')).toBe('second');
    expect(streamedText(await stream.text())).toBe(answerText(30));
    expect((await chat(url)).status).toBe(200);
    expect((await chat(url)).status).toBe(429);
    expect(await stopped(gateway)).toBe(0);
  });

  it('changes nothing when it is broken, and the log says why', async () => {
    const gateway = await built.start({ files: { 'config.yaml': yaml(first.url) } });
    const url = await gateway.listening();
    await writeFile(join(gateway.directory, 'config.yaml'), yaml(second.url, 'queue: { max_size: many }\n'));
    // A file that is half written is refused as well, before.
    await gateway.waitForOutput(': queue.max_size');
    expect(gateway.stdout()).toMatch(/config\.yaml:\d+:\d+: queue\.max_size/);
    expect((await chat(url)).headers.get('x-simulator')).toBe('first');
    await writeFile(join(gateway.directory, 'config.yaml'), yaml(second.url));
    await gateway.waitForOutput('Configuration reloaded');
    expect((await chat(url)).headers.get('x-simulator')).toBe('second');
    expect(await stopped(gateway)).toBe(0);
  });

  it('costs no request an answer, however often it changes', async () => {
    const gateway = await built.start({ files: { 'config.yaml': yaml(first.url) } });
    const url = await gateway.listening();
    const caller = async () => {
      const failures: number[] = [];
      for (let request = 0; request < 60; request++) {
        const response = await chat(url, { stream: request % 2 === 0 });
        const text = await response.text();
        if (response.status !== 200 || text.includes('"error"')) failures.push(response.status);
        if (request % 10 === 0) gateway.signal('SIGHUP');
      }
      return failures;
    };
    expect((await Promise.all([caller(), caller(), caller()])).flat()).toEqual([]);
    expect(gateway.stdout()).toContain('Configuration reloaded');
    expect(await stopped(gateway)).toBe(0);
  });

  it('may vanish: what is in use stays', async () => {
    const gateway = await built.start({ files: { 'config.yaml': yaml(first.url) } });
    const url = await gateway.listening();
    await rm(join(gateway.directory, 'config.yaml'));
    await gateway.waitForOutput('config.yaml: is not there any more');
    expect((await chat(url)).headers.get('x-simulator')).toBe('first');
    await writeFile(join(gateway.directory, 'config.yaml'), yaml(second.url));
    await gateway.waitForOutput('Configuration reloaded');
    expect((await chat(url)).headers.get('x-simulator')).toBe('second');
    expect(await stopped(gateway)).toBe(0);
  });

  it('is read again on SIGHUP', async () => {
    const gateway = await built.start({ files: { 'config.yaml': yaml(first.url) } });
    const url = await gateway.listening();
    gateway.signal('SIGHUP');
    await gateway.waitForOutput('Configuration reloaded');
    expect((await chat(url)).status).toBe(200);
    expect(await stopped(gateway)).toBe(0);
  });
});

describe('a stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'on %s lets what is under way finish, takes nothing new and ends with 0',
    async (signal) => {
      const gateway = await built.start({ files: { 'config.yaml': yaml(first.url) } });
      const url = await gateway.listening();
      first.behave({ kind: 'answer', tokens: 15, gapMs: 100 });
      const stream = await chat(url, { stream: true });
      gateway.signal(signal);
      await gateway.waitForOutput(`Stopping on ${signal}`);
      await expect(chat(url)).rejects.toThrow();
      const text = await stream.text();
      expect(streamedText(text)).toBe(answerText(15));
      expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
      expect(await gateway.ended).toBe(0);
      expect(gateway.stdout()).toContain('"message":"Request completed"');
    },
  );

  it('does not wait for connections on which nobody asks anything', async () => {
    const gateway = await built.start({ files: { 'config.yaml': yaml(first.url) } });
    const { port } = new URL(await gateway.listening());
    const silent = connect(Number(port), '127.0.0.1');
    await once(silent, 'connect');
    const startedAt = performance.now();
    expect(await stopped(gateway)).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    silent.destroy();
  });

  it('asked for twice ends a stream at once, with an error in it and no end mark', async () => {
    const gateway = await built.start({ files: { 'config.yaml': yaml(first.url) } });
    const url = await gateway.listening();
    first.behave({ kind: 'hang', when: { afterTokens: 3 } });
    const stream = await chat(url, { stream: true });
    gateway.signal('SIGTERM');
    await gateway.waitForOutput('Stopping on SIGTERM');
    gateway.signal('SIGTERM');
    const text = await stream.text();
    expect(text).toContain('"code":"shutting_down"');
    expect(text).not.toContain('[DONE]');
    await gateway.ended;
    await first.waitUntil(() => first.attempts[0]!.outcome === 'client_closed');
  });

  it('gives up waiting after the time that the configuration allows', async () => {
    const gateway = await built.start({
      files: { 'config.yaml': yaml(first.url).replace('metrics_port: 0', 'metrics_port: 0, drain_seconds: 0.2') },
    });
    const url = await gateway.listening();
    first.behave({ kind: 'hang', when: { afterTokens: 3 } });
    const stream = await chat(url, { stream: true });
    gateway.signal('SIGTERM');
    expect(await stream.text()).toContain('"code":"shutting_down"');
    expect(await gateway.ended).toBe(0);
  });
});
