import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { segmentFile } from '../../src/ledger/segment-name.ts';
import { type RecordGateway, type RecordGatewayOptions, startRecordGateway } from '../admin/record-gateway.ts';
import { freePort } from '../workers/fleet.ts';

let folder: string;
let simulator: Simulator;
let gateway: RecordGateway;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'readiness-'));
  simulator = await startSimulator({ tokens: 1 });
});
afterEach(async () => {
  await gateway.stop();
  await simulator.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(config: object, location: NonNullable<RecordGatewayOptions['location']>): Promise<void> {
  const main = { kind: 'openai', base_url: `${simulator.url}/v1`, api_key: 'k', models: ['gpt-4o'] };
  const server = { host: '127.0.0.1', port: 0, metrics_port: 0, public_metrics: true };
  gateway = await startRecordGateway({ location, config: { providers: { main }, server, ...config } });
}

const readiness = async () => (await fetch(`${gateway.url}/ready`)).status;
const metrics = async () => (await fetch(`${gateway.url}/metrics`)).text();
async function health() {
  const reply = await fetch(`${gateway.url}/health?detailed=true`);
  return (await reply.json()) as { readonly status: string; readonly components: Readonly<Record<string, object>> };
}

describe('a spool without room', () => {
  const left = () => join(folder, 'ledger', segmentFile('spool-1-elsewhere.1.other', 1));
  /** A process that nobody can look at from here has more than there may be before the gateway starts. */
  async function startFull(whenFull: string): Promise<void> {
    await mkdir(join(folder, 'ledger'));
    await writeFile(left(), Buffer.alloc(1_100_000));
    const path = join(folder, 'record.db');
    const database = { path, spool: { max_bytes: 1_048_576, when_full: whenFull } };
    await start({ auth: { mode: 'open' }, database }, { file: path });
  }

  it('refuses requests where that is asked for, asks nobody, and is not ready until there is room', async () => {
    await startFull('refuse');
    expect(await readiness()).toBe(503);
    const ready = await fetch(`${gateway.url}/ready`);
    expect(await ready.json()).toEqual({ status: 'not_ready', reason: 'no_room_for_rows' });
    expect(await health()).toMatchObject({ status: 'degraded', components: { ledger: { status: 'refusing' } } });
    expect(await metrics()).toContain('gateway_spool_state 2\n');
    expect(await metrics()).toMatch(/^gateway_spool_bytes \d+$/m);
    const reply = await gateway.chat(undefined);
    expect(reply).toMatchObject({ status: 503, body: { error: { code: 'store_unavailable' } } });
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(simulator.attemptCount).toBe(0);
    await rm(left());
    await vi.waitFor(async () => expect(await readiness()).toBe(200), { timeout: 20_000, interval: 100 });
    expect((await gateway.chat(undefined)).status).toBe(200);
    expect(await health()).toMatchObject({ components: { ledger: { lost_rows: 0, dropped_rows: 0 } } });
    const text = await metrics();
    for (const name of ['record_state', 'spool_state', 'spool_lost_rows_total', 'spool_dropped_rows_total']) {
      expect(text).toContain(`gateway_${name} 0\n`);
    }
  });

  it('keeps nobody out otherwise', async () => {
    await startFull('drop_oldest');
    expect(await readiness()).toBe(200);
    expect((await gateway.chat(undefined)).status).toBe(200);
    expect(await health()).toMatchObject({
      status: 'ok',
      components: { record: { status: 'ok' }, ledger: { status: 'ok' } },
    });
  });
});

describe('a record that was never reached', () => {
  const nowhere = async () => ({ url: `postgres://nobody@127.0.0.1:${await freePort()}/none` });

  it('leaves a gateway unready that knows no key but those in it', async () => {
    await start({}, await nowhere());
    expect(await readiness()).toBe(503);
    expect(await health()).toMatchObject({
      status: 'degraded',
      components: { record: { status: 'unreached', last_answer_seconds: null } },
    });
    expect(await metrics()).toContain('gateway_record_state 2\n');
  });

  it('is no reason against one that knows others', async () => {
    await start({ auth: { keys: ['sk-of-the-file'] } }, await nowhere());
    expect(await readiness()).toBe(200);
    expect((await gateway.chat('sk-of-the-file')).status).toBe(200);
  });
});
