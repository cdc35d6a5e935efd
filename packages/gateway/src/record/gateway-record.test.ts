import { randomBytes, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LoadedConfig } from '../config/gateway-config.ts';
import { providerContext } from '../credentials/secret-rotation.ts';
import { createManualClock, type ManualClock } from '../stores/manual-clock.fixture.ts';
import { openDatabase } from '../stores/sql/database.ts';
import { testDialects, testSettings } from '../stores/sql/test-databases.fixture.ts';
import type { Log } from '../telemetry/telemetry.ts';
import { GatewayRecord } from './gateway-record.ts';

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
    const note = () => undefined;
    const log = { info: note, debug: note, error: note, warn: (_: string, text: string) => warnings.push(text) };
    const place = await testDialects[0]!.create();
    const database = await openDatabase({ ...testSettings, location: place.location });
    record = new GatewayRecord({
      database,
      clock,
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
      readFile: async () => inFile,
    });
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
    const { box } = record.secrets!;
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
