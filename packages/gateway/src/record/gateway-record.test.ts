import { randomBytes, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Clock } from '../canonical/clock.ts';
import type { LoadedConfig } from '../config/gateway-config.ts';
import { providerContext } from '../credentials/secret-rotation.ts';
import { createManualClock, type ManualClock } from '../stores/manual-clock.fixture.ts';
import { openDatabase } from '../stores/sql/database.ts';
import { type TestPlace, testDialects, testSettings } from '../stores/sql/test-databases.fixture.ts';
import type { Log } from '../telemetry/telemetry.ts';
import { GatewayRecord, type GatewayRecordInput } from './gateway-record.ts';

const DAY_MS = 86_400_000;
const main = {
  name: 'main',
  kind: 'vllm',
  baseUrl: 'http://127.0.0.1:1',
  apiKeyEncrypted: null,
  keyId: null,
  apiKeyRef: 'file:/run/secrets/main',
  settings: {},
  isActive: true,
};

interface TestRecordInput extends Partial<GatewayRecordInput> {
  readonly clock: Clock;
  readonly warn?: (text: string) => void;
}

async function recordAt(
  { location }: TestPlace,
  { warn = () => undefined, ...input }: TestRecordInput,
): Promise<GatewayRecord> {
  const note = () => undefined;
  const log = { info: note, debug: note, error: note, warn: (_: string, text: string) => warn(text) };
  return new GatewayRecord({
    database: await openDatabase({ ...testSettings, location }),
    log: log as unknown as Log,
    migrates: true,
    isFirst: true,
    audit: undefined,
    secrets: { encryptionKey: 'a passphrase of some length', previousEncryptionKeys: [], rotationDays: 30 },
    adminKey: undefined,
    budgetsWhenStoreIsAway: 'open',
    openImage: undefined,
    randomBytes,
    newId: randomUUID,
    env: {},
    readFile: async () => '',
    ...input,
  });
}

describe.each(testDialects)('a start, on $name', ({ create }) => {
  const inline = { ...main, apiKeyRef: null };
  let clock: Clock;
  let place: TestPlace;
  const records: GatewayRecord[] = [];
  beforeEach(async () => {
    clock = createManualClock();
    place = await create();
  });
  afterEach(async () => {
    await Promise.all(records.splice(0).map((record) => record.close()));
    await place.drop();
  });

  const make = async (input: Partial<GatewayRecordInput> = {}): Promise<GatewayRecord> => {
    const record = await recordAt(place, { clock, ...input });
    records.push(record);
    return record;
  };
  const names = (record: GatewayRecord) =>
    record.merged({ config: {} } as unknown as LoadedConfig).config.stored?.providers.map(({ name }) => name);

  it('follows what somebody changes while the record is read', async () => {
    const other = await make();
    await other.start();
    const record = await make();
    const { budgets } = record.stores;
    const list = budgets.list.bind(budgets);
    vi.spyOn(budgets, 'list').mockImplementationOnce(async (query) => {
      // By now the providers were asked for.
      await vi.waitFor(() => expect(record.stores.providers.list).toHaveResolved(), 10_000);
      await other.stores.providers.create({ ...inline, name: 'late' });
      return list(query);
    });
    vi.spyOn(record.stores.providers, 'list');
    await record.start();
    await vi.waitFor(() => expect(names(record)).toEqual(['late']), 10_000);
  });

  it('tells nobody of parts that are as they were read', async () => {
    const record = await make();
    const told = vi.fn();
    record.onChange(told);
    await record.start();
    await vi.waitFor(() => expect(record.silentMs).toBeDefined(), 10_000);
    expect(told).not.toHaveBeenCalled();
  });

  it('derives no key before something is sealed, and then the one that opens it after the next', async () => {
    const byAdminKey = { secrets: undefined, adminKey: 'the key of the operators' };
    const record = await make(byAdminKey);
    await record.start();
    const salts = () => record.database.all('SELECT value FROM record_facts');
    expect(await salts()).toEqual([]);
    const { box } = await record.secrets!.open();
    expect(await salts()).toHaveLength(1);
    const id = randomUUID();
    const apiKeyEncrypted = box.seal('a credential', providerContext(id));
    await record.stores.providers.create({ ...inline, id, apiKeyEncrypted, keyId: box.keyId });
    const next = await make(byAdminKey);
    await next.start();
    const { config } = next.merged({ config: {} } as unknown as LoadedConfig);
    expect(config.stored?.providers[0]?.apiKey).toBe('a credential');
  });
});

describe('credentials that the record refers to', () => {
  let clock: ManualClock;
  let record: GatewayRecord;
  let drop: () => Promise<void>;
  let warnings: string[];
  let inFile: string;
  beforeEach(async () => {
    clock = createManualClock();
    warnings = [];
    inFile = 'the first one';
    const place = await testDialects[0]!.create();
    record = await recordAt(place, { clock, readFile: async () => inFile, warn: (text) => warnings.push(text) });
    await record.start();
    await record.stores.providers.create(main);
    await record.changed({ topics: ['providers'], invalidHashes: [] });
    drop = async () => {
      await record.close();
      await place.drop();
    };
  });
  afterEach(() => drop());

  const credential = () => record.merged({ config: {} } as unknown as LoadedConfig).config.stored?.providers[0]?.apiKey;

  it('are read again while the gateway runs, and whoever uses them is told of another one', async () => {
    const told = vi.fn();
    record.onChange(told);
    expect(credential()).toBe('the first one');
    inFile = 'the next one';
    clock.advance(60_000);
    await vi.waitFor(() => expect(told).toHaveBeenCalledWith(['providers']));
    expect(credential()).toBe('the next one');
    // And again after that.
    inFile = 'the last one';
    await vi.waitFor(() => {
      clock.advance(60_000);
      expect(credential()).toBe('the last one');
    }, 10_000);
  });

  it('are told of once when they get old, however long the gateway runs', async () => {
    const { box } = await record.secrets!.open();
    const id = randomUUID();
    const apiKeyEncrypted = box.seal('a credential', providerContext(id));
    await record.stores.providers.create({
      ...main,
      id,
      name: 'sealed',
      apiKeyRef: null,
      apiKeyEncrypted,
      keyId: box.keyId,
    });
    const old = () => warnings.filter((text) => text.includes('older than 30 days'));
    clock.advance(29 * DAY_MS);
    expect(old()).toEqual([]);
    clock.advance(2 * DAY_MS);
    await vi.waitFor(() => {
      clock.advance(60_000);
      expect(old()).toHaveLength(1);
    }, 10_000);
    // Nor again, after it was looked at again.
    const reads = vi.spyOn(record.stores.providers, 'list');
    await vi.waitFor(() => {
      clock.advance(60_000);
      expect(reads.mock.calls.length).toBeGreaterThan(2);
    }, 10_000);
    expect(old()).toHaveLength(1);
  });
});
