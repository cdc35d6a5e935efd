import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BuiltGateway, buildGateway, type GatewayProcess } from './built-gateway.ts';
import { hello, openRequest, replyTo, textOf } from './caller.ts';

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
backends: [{ url: "${url}", weight: 1, default_model: m }]
${more}`;

const start = (config: string): Promise<GatewayProcess> =>
  built.start({ args: ['start', '--workers', '2'], files: { 'config.yaml': config } });

/** A chat over a connection of its own, so that any worker may get it. */
async function chat(url: string, key = 'one'): Promise<{ status: number; headers: NodeJS.Dict<string | string[]> }> {
  const body = JSON.stringify({ messages: hello });
  const length = String(Buffer.byteLength(body));
  const headers = { 'content-type': 'application/json', 'content-length': length, authorization: `Bearer ${key}` };
  const sent = openRequest(url, '/chat', headers);
  sent.end(body);
  const reply = await replyTo(sent);
  await textOf(reply);
  return { status: reply.statusCode!, headers: reply.headers };
}

const many = (url: string, count: number) => Promise.all(Array.from({ length: count }, () => chat(url)));

async function workersOf({ pid }: GatewayProcess): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'pid=', '--ppid', String(pid)]).catch(() => ({
    stdout: '',
  }));
  const { stdout: nodes } = await promisify(execFile)('ps', ['-o', 'pid=', '-C', 'node']).catch(() => ({ stdout: '' }));
  const running = new Set(nodes.split('\n').map(Number));
  return stdout
    .split('\n')
    .map(Number)
    .filter((child) => child > 0 && running.has(child));
}

async function stopped(gateway: GatewayProcess): Promise<number | NodeJS.Signals> {
  gateway.signal('SIGTERM');
  return gateway.ended;
}

describe('several workers', () => {
  it('count one limit together and show what all of them did', async () => {
    const gateway = await start(yaml(first.url, 'rate_limit: { requests_per_minute: 20 }\n'));
    const url = await gateway.listening();
    const statuses = (await many(url, 50)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(20);
    expect(statuses.filter((status) => status === 429)).toHaveLength(30);
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toMatch(/^gateway_requests_total\{status="200".*\} 20$/m);
    expect(text).toMatch(/^gateway_rate_limit_exceeded_total\{.*\} 30$/m);
    expect(await stopped(gateway)).toBe(0);
  });

  it('take over a configuration that changes, all of them', async () => {
    const gateway = await start(yaml(first.url));
    const url = await gateway.listening();
    await many(url, 4);
    await writeFile(join(gateway.directory, 'config.yaml'), yaml(second.url));
    await gateway.waitForOutput('Configuration reloaded');
    await vi.waitUntil(async () => (await many(url, 8)).every(({ headers }) => headers['x-simulator'] === 'second'), {
      timeout: 20_000,
    });
    expect(await stopped(gateway)).toBe(0);
  });

  it('are replaced when they die, and nobody else notices', async () => {
    const gateway = await start(yaml(first.url));
    const url = await gateway.listening();
    const before = await workersOf(gateway);
    expect(before).toHaveLength(2);
    process.kill(before[0]!, 'SIGKILL');
    await vi.waitUntil(
      async () => {
        const now = await workersOf(gateway);
        return now.length === 2 && !now.includes(before[0]!);
      },
      { timeout: 20_000, interval: 100 },
    );
    expect((await many(url, 10)).map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    expect(await stopped(gateway)).toBe(0);
    expect(await workersOf(gateway)).toEqual([]);
  });

  it('let a stream finish when they are asked to stop', async () => {
    const gateway = await start(yaml(first.url));
    const url = await gateway.listening();
    first.behave({ kind: 'answer', tokens: 10, gapMs: 100 });
    const body = JSON.stringify({ messages: hello, stream: true });
    const sent = openRequest(url, '/chat', {
      'content-type': 'application/json',
      'content-length': String(body.length),
    });
    sent.end(body);
    const reply = await replyTo(sent);
    gateway.signal('SIGTERM');
    expect((await textOf(reply)).endsWith('data: [DONE]\n\n')).toBe(true);
    expect(await gateway.ended).toBe(0);
  });

  it('say in a sentence that the port is taken', async () => {
    const gateway = await start(yaml(first.url));
    const { port } = new URL(await gateway.listening());
    const other = await start(yaml(first.url).replace('port: 0', `port: ${port}`));
    expect(await other.ended).toBe(1);
    expect(other.stderr()).toContain(port);
    expect(other.stderr()).not.toMatch(/^\s+at /m);
    expect(await stopped(gateway)).toBe(0);
  });
});
