import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type RecordGateway, startRecordGateway } from '../admin/record-gateway.ts';
import { hasPostgres, type OwnPostgres, startOwnPostgres } from './own-postgres.ts';

const callers = 4;
/** Calls of each caller while the server is there, and while it is away. */
const calls = 15;

interface Timed {
  readonly status: number;
  readonly ms: number;
}

async function timed(work: () => Promise<{ readonly status: number }>): Promise<Timed> {
  const began = performance.now();
  const { status } = await work();
  return { status, ms: performance.now() - began };
}

function median(waits: readonly Timed[]): number {
  return waits.map(({ ms }) => ms).sort((one, other) => one - other)[Math.floor(waits.length / 2)]!;
}

describe.runIf(hasPostgres)('a PostgreSQL server that is lost under load', () => {
  let simulator: Simulator;
  let server: OwnPostgres;
  let gateway: RecordGateway;
  let key: string;
  let served = 0;
  beforeAll(async () => {
    [simulator, server] = await Promise.all([startSimulator({ tokens: 2 }), startOwnPostgres()]);
    const main = { kind: 'openai', base_url: `${simulator.url}/v1`, api_key: 'k', models: ['gpt-4o'] };
    gateway = await startRecordGateway({ location: { url: server.url }, config: { providers: { main } } });
    key = (await gateway.admin('POST', '/admin/keys', { name: 'caller' })).body.key;
  }, 120_000);
  afterAll(async () => {
    server.thaw();
    await gateway.stop();
    await server.remove();
    await simulator.close();
  });

  /** So many callers at a time, one call after the other; in the order in which they were answered. */
  async function load(): Promise<readonly Timed[]> {
    const all: Timed[] = [];
    const callOn = async () => {
      for (let count = 0; count < calls; count++) all.push(await timed(() => gateway.chat(key)));
    };
    await Promise.all(Array.from({ length: callers }, callOn));
    served += all.length;
    return all;
  }

  /** Rows of requests that were served, as the database has them. */
  async function recorded(): Promise<number> {
    const [row] = await gateway.record.database.all<{ readonly rows: number }>(
      `SELECT COUNT(*) AS rows FROM usage_records WHERE outcome = 'completed'`,
    );
    return row!.rows;
  }

  async function expectNothingLost(): Promise<void> {
    // By itself: nobody tells the ledger that the server is back.
    await vi.waitFor(async () => expect(await recorded()).toBe(served), { timeout: 60_000, interval: 250 });
    await vi.waitFor(
      async () => expect((await gateway.admin('POST', '/admin/keys', { name: 'again' })).status).toBe(201),
      { timeout: 30_000, interval: 250 },
    );
  }

  const health = async () => (await fetch(`${gateway.url}/health?detailed=true`)).json();
  const lost = { status: 'degraded', components: { record: { status: 'silent' }, ledger: { status: 'waiting' } } };
  const well = { status: 'ok', components: { record: { status: 'ok' }, ledger: { status: 'ok' } } };
  const stranger = 'sk-550e8400-e29b-41d4-a716-446655440000';
  const refusal = { status: 503, body: { error: { code: 'store_unavailable' } } };

  it.each([
    { how: 'stands still', lose: () => server.freeze(), bringBack: async () => server.thaw() },
    { how: 'is killed and started again', lose: () => server.kill(), bringBack: () => server.restart() },
  ])(
    'that $how costs its callers nothing, and the record no row',
    async ({ bringBack, lose }) => {
      const before = await load();
      await vi.waitFor(async () => expect(await recorded()).toBe(served), { timeout: 30_000 });
      await lose();
      // Somebody changed something, as far as is known, and what it was cannot be asked.
      gateway.record.keys.invalidate();
      const meanwhile = await load();
      expect(meanwhile.filter(({ status }) => status !== 200)).toEqual([]);
      expect(median(meanwhile.slice(5))).toBeLessThan(median(before) + 50);

      // Whoever is not known is not refused as unknown, and nothing is promised that was not written.
      expect(await gateway.chat(stranger)).toMatchObject(refusal);
      expect(await gateway.admin('POST', '/admin/keys', { name: 'lost' })).toMatchObject(refusal);
      const writes: Timed[] = [];
      while (writes.length < 7) writes.push(await timed(() => gateway.admin('POST', '/admin/keys', { name: 'lost' })));
      expect(new Set(writes.map(({ status }) => status))).toEqual(new Set([503]));
      expect(median(writes)).toBeLessThan(1_000);

      // It is seen, and is no reason to send callers elsewhere.
      await vi.waitFor(async () => expect(await health()).toMatchObject(lost), { timeout: 30_000, interval: 100 });
      expect((await fetch(`${gateway.url}/ready`)).status).toBe(200);

      await bringBack();
      await expectNothingLost();
      await vi.waitFor(async () => expect(await health()).toMatchObject(well), { timeout: 30_000, interval: 100 });
      await vi.waitFor(async () => expect((await gateway.chat(stranger)).status).toBe(401), { timeout: 30_000 });
      expect((await load()).every(({ status }) => status === 200)).toBe(true);
      const named = (await gateway.admin('GET', '/admin/keys')).body as { readonly name: string }[];
      expect(named.filter(({ name }) => name === 'lost')).toEqual([]);
    },
    180_000,
  );
});
