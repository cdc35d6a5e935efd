import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answerText, type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BuiltGateway, buildGateway, type GatewayProcess } from '../acceptance/built-gateway.ts';
import { streamedText, textOf } from '../acceptance/caller.ts';
import { chat, chats, childrenOf, isRunning, openChat, takePort, tally } from './fleet.ts';

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
server: { host: 127.0.0.1, port: 0 }
models: { sim: { providers: [{ name: one, api_base: "${url}/v1", api_key: none }] } }
${more}`;

interface Fleet {
  readonly gateway: GatewayProcess;
  readonly url: string;
}

async function start(
  config: string,
  args: readonly string[] = ['--workers', '2', '--metrics-port', '0'],
): Promise<Fleet> {
  const gateway = await built.start({ args: ['start', ...args], files: { 'config.yaml': config } });
  return { gateway, url: await gateway.listening() };
}

async function stop({ gateway }: Fleet): Promise<void> {
  gateway.signal('SIGTERM');
  expect(await gateway.ended).toBe(0);
}

const namesOf = async (url: string): Promise<unknown[]> =>
  (await chats(url, 8)).map(({ headers }) => headers['x-simulator']);

describe('a stop of several workers', () => {
  it('lets streams of all workers finish, takes nothing new and ends with 0', async () => {
    const fleet = await start(yaml(first.url));
    first.behave({ kind: 'answer', tokens: 12, gapMs: 80 });
    const streams = await Promise.all(Array.from({ length: 4 }, () => openChat(fleet.url, { stream: true })));
    const workers = await childrenOf(fleet.gateway.pid);
    fleet.gateway.signal('SIGTERM');
    await fleet.gateway.waitForOutput('Stopping on SIGTERM');
    for (const text of await Promise.all(streams.map(textOf))) {
      expect(streamedText(text)).toBe(answerText(12));
      expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    }
    expect(await fleet.gateway.ended).toBe(0);
    expect(workers.filter(isRunning)).toEqual([]);
    await expect(chat(fleet.url)).rejects.toThrow('ECONNREFUSED');
    expect(fleet.gateway.stdout().split('"message":"Request completed"')).toHaveLength(5);
  });

  it('asked for twice ends at once, and says so in what it cuts short', async () => {
    const fleet = await start(yaml(first.url));
    first.behave({ kind: 'hang', when: { afterTokens: 3 } });
    const streams = await Promise.all([openChat(fleet.url, { stream: true }), openChat(fleet.url, { stream: true })]);
    fleet.gateway.signal('SIGTERM');
    await fleet.gateway.waitForOutput('Stopping on SIGTERM');
    fleet.gateway.signal('SIGTERM');
    for (const text of await Promise.all(streams.map(textOf))) {
      expect(text).toContain('"code":"shutting_down"');
      expect(text).not.toContain('[DONE]');
    }
    await fleet.gateway.ended;
    await first.waitUntil(() => first.attempts.every(({ outcome }) => outcome === 'client_closed'));
  });

  it('is not heard when the primary is killed: its workers end all the same, and the port is free', async () => {
    const fleet = await start(yaml(first.url));
    const workers = await childrenOf(fleet.gateway.pid);
    expect(workers).toHaveLength(2);
    process.kill(fleet.gateway.pid, 'SIGKILL');
    await vi.waitUntil(() => !workers.some(isRunning), { timeout: 20_000 });
    await expect(chat(fleet.url)).rejects.toThrow('ECONNREFUSED');
  });
});

describe('several workers that die all at once', () => {
  it('are found where they were, on a port that nobody had chosen', async () => {
    const fleet = await start(yaml(first.url));
    for (const pid of await childrenOf(fleet.gateway.pid)) process.kill(pid, 'SIGKILL');
    await fleet.gateway.waitForOutput('A new worker serves');
    const status = () => chat(fleet.url).then((reply) => reply.status);
    await vi.waitFor(async () => expect(await status()).toBe(200), { timeout: 10_000 });
    await stop(fleet);
  });
});

describe('a reload of several workers', () => {
  it('on SIGHUP reaches all of them', async () => {
    const fleet = await start(yaml(first.url));
    expect(new Set(await namesOf(fleet.url))).toEqual(new Set(['first']));
    await writeFile(join(fleet.gateway.directory, 'config.yaml'), yaml(second.url));
    fleet.gateway.signal('SIGHUP');
    await fleet.gateway.waitForOutput('Configuration reloaded');
    await vi.waitUntil(async () => (await namesOf(fleet.url)).every((name) => name === 'second'), { timeout: 20_000 });
    await stop(fleet);
  });

  it('of a broken configuration changes nothing for any of them', async () => {
    const fleet = await start(yaml(first.url));
    for (const broken of ['queue: { max_size: many }\n', 'models: [\n']) {
      await writeFile(join(fleet.gateway.directory, 'config.yaml'), yaml(second.url, broken));
      fleet.gateway.signal('SIGHUP');
    }
    await fleet.gateway.waitForOutput('Configuration not reloaded', 2);
    expect(new Set(await namesOf(fleet.url))).toEqual(new Set(['first']));
    expect(await childrenOf(fleet.gateway.pid)).toHaveLength(2);
    await stop(fleet);
  });
});

describe('the metrics port', () => {
  it.each([['2'], ['1']])('is a warning when it is the usual one and taken, with %s workers', async (workers) => {
    const taken = await takePort(9090);
    const fleet = await start(yaml(first.url), ['--workers', workers]);
    expect((await chat(fleet.url)).status).toBe(200);
    await stop(fleet);
    expect(fleet.gateway.stdout()).toMatch(/"level":"WARN".*metrics port 9090 cannot be used \(EADDRINUSE\)/);
    await taken.release();
  });

  it.each([['2'], ['1']])(
    'fails the start when somebody asked for it and it is taken, with %s workers',
    async (workers) => {
      const taken = await takePort();
      const args = ['start', '--workers', workers, '--metrics-port', String(taken.port)];
      const gateway = await built.start({ args, files: { 'config.yaml': yaml(first.url) } });
      expect(await gateway.ended).toBe(1);
      expect(gateway.stderr()).toContain(`metrics port ${taken.port} cannot be used`);
      expect(gateway.stderr()).not.toMatch(/^\s+at /m);
      await taken.release();
    },
  );
});

describe('the log of several workers', () => {
  it('has whole lines only, one for each request', async () => {
    const fleet = await start(yaml(first.url), ['--workers', '3', '--metrics-port', '0', '--log-level', 'debug']);
    const model = `unknown-${'x'.repeat(240)}`;
    for (let round = 0; round < 6; round++) {
      const replies = await Promise.all([chats(fleet.url, 40), chats(fleet.url, 20, { model })]);
      expect(tally(replies.flat())).toEqual({ 200: 40, 404: 20 });
    }
    await stop(fleet);
    const lines = fleet.gateway.stdout().trimEnd().split('\n');
    const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const requests = parsed.filter((line) => 'latency_ms' in line);
    expect(requests).toHaveLength(360);
    expect(new Set(requests.map((line) => line['request_id'])).size).toBe(360);
  });
});

describe('a single process', () => {
  it('takes a free port when it is told 0', async () => {
    const fleet = await start(yaml(first.url).replace('port: 0', 'port: 1'), ['--port', '0', '--metrics-port', '0']);
    expect(new URL(fleet.url).port).not.toBe('1');
    expect((await chat(fleet.url)).status).toBe(200);
    await stop(fleet);
  });

  it.each([['1'], ['2']])('lives on when nobody reads what it writes (--workers %s)', async (workers) => {
    const fleet = await start(yaml(first.url), ['--metrics-port', '0']);
    await stop(fleet);
    const { child, url } = await startUnread(fleet.gateway.directory, workers);
    for (let round = 0; round < 3; round++) expect(tally(await chats(url, 10))).toEqual({ 200: 10 });
    expect(child.exitCode).toBe(null);
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
  });
});

/** Starts the gateway in a directory that another one left, and closes the reading ends of its output. */
async function startUnread(directory: string, workers: string): Promise<{ child: ChildProcess; url: string }> {
  const bin = join(built.folder, 'bin/llm-gateway.js');
  const child = spawn(process.execPath, [bin, 'start', '--workers', workers, '--metrics-port', '0'], {
    cwd: directory,
    env: { PATH: process.env['PATH'] ?? '', HOME: directory },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout!.destroy();
  let text = '';
  for await (const piece of child.stderr!) {
    text += String(piece);
    const url = /listens on (http:\/\/\S+)/.exec(text)?.[1];
    // Leaving the loop closes this one, too.
    if (url !== undefined) return { child, url };
  }
  throw new Error(`It ended before it listened: ${text}`);
}
