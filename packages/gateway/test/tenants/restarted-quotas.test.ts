import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BuiltGateway, buildGateway, type GatewayProcess } from '../acceptance/built-gateway.ts';
import { call, hello } from '../acceptance/caller.ts';
import { adminKey } from '../admin/record-gateway.ts';

// Without Redis, what is used of a day is counted in memory: a process that takes another's place reads it from the ledger.

let built: BuiltGateway;
let simulator: Simulator;
let folder: string;
beforeAll(async () => {
  built = await buildGateway();
  simulator = await startSimulator({});
  simulator.behave({ kind: 'answer', usage: { prompt_tokens: 10, completion_tokens: 90, total_tokens: 100 } });
  folder = await mkdtemp(join(tmpdir(), 'restarted-quotas-'));
});
afterAll(async () => {
  await built.remove();
  await simulator.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(name: string, args: readonly string[]): Promise<{ process: GatewayProcess; url: string }> {
  const config = {
    server: { host: '127.0.0.1', port: 0, metrics_port: 0 },
    database: { path: join(folder, name, 'record.db') },
    models: { sim: { providers: [{ name: 'only', api_base: `${simulator.url}/v1`, api_key: 'none' }] } },
    auth: { keys: [{ name: 'of-the-file', key: 'sk-of-the-file', tenant: 'configured' }] },
    tenants: { configured: { quotas: { requests_per_day: 3 } } },
  };
  const process = await built.start({
    args: ['start', ...args],
    files: { 'config.yaml': JSON.stringify(config) },
    env: { ADMIN_KEY: adminKey },
  });
  return { process, url: await process.listening() };
}

async function make(url: string, path: string, body: object): Promise<Record<'id' | 'key', string>> {
  const response = await call(url, body, { path: `/admin/${path}`, key: adminKey });
  expect(response.status).toBe(201);
  return (await response.json()) as Record<'id' | 'key', string>;
}

async function statuses(url: string, key: string, count: number): Promise<number[]> {
  const all: number[] = [];
  for (let asked = 0; asked < count; asked++) {
    const response = await call(url, { model: 'sim', messages: hello, max_tokens: 90 }, { key });
    await response.arrayBuffer();
    all.push(response.status);
  }
  return all;
}

it.each([
  ['one process that is killed', [], 'SIGKILL'],
  ['one process that stops', [], 'SIGTERM'],
  ['two workers whose primary stops', ['--workers', '2'], 'SIGTERM'],
] as const)(
  'what was used of a day is not free again after a restart: %s',
  async (name, args, signal) => {
    const first = await start(name, args);
    const { id: above } = await make(first.url, 'organisations', {
      name: 'Above',
      settings: { quotas: { tokens_per_day: 500 } },
    });
    const { id: team } = await make(first.url, 'teams', { name: 'Team', organisation_id: above });
    await make(first.url, 'tenants', { id: 'daily', name: 'Daily', settings: { quotas: { requests_per_day: 3 } } });
    await make(first.url, 'tenants', { id: 'free', name: 'Free' });
    const [ofTenant, ofTeam, ofFree] = [
      (await make(first.url, 'keys', { name: 'a', tenant_id: 'daily' })).key,
      (await make(first.url, 'keys', { name: 'b', team_id: team })).key,
      (await make(first.url, 'keys', { name: 'c', tenant_id: 'free' })).key,
    ];
    for (const key of [ofTenant, ofTeam, ofFree, 'sk-of-the-file']) {
      expect(await statuses(first.url, key, 2)).toEqual([200, 200]);
    }
    first.process.signal(signal);
    await first.process.ended;
    const second = await start(name, args);
    expect(await statuses(second.url, ofTenant, 2)).toEqual([200, 429]);
    expect(await statuses(second.url, 'sk-of-the-file', 2)).toEqual([200, 429]);
    // 200 of 500 are used, and each is expected to take a little more than a hundred.
    expect(await statuses(second.url, ofTeam, 3)).toEqual([200, 200, 429]);
    expect(await statuses(second.url, ofFree, 2)).toEqual([200, 200]);
    second.process.signal('SIGTERM');
    await second.process.ended;
  },
  90_000,
);
