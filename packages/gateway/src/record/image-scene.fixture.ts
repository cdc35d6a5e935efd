import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest';
import { newKey as keyNamed } from '../stores/key-store.conformance.ts';
import { createManualClock, type ManualClock } from '../stores/manual-clock.fixture.ts';
import { MemoryImage } from '../stores/memory-image.fixture.ts';
import { openTestRecord, type TestRecord } from '../stores/sql/record.fixture.ts';
import { testDialects } from '../stores/sql/test-databases.fixture.ts';
import type { Log } from '../telemetry/telemetry.ts';
import { settle } from './fake-record.fixture.ts';
import { STALE_MS } from './fresh-values.ts';
import { ImageWriter } from './image-writer.ts';
import type { ImageRows } from './record-image.ts';
import { openRecordSecrets, type RecordSecrets } from './record-secrets.ts';
import { createRecordStores, type RecordStores } from './record-stores.ts';
import { StandIn } from './stand-in.ts';

/** 64 digits of a hash. */
export const hash = (letter: string): string => letter.padStart(64, letter[0]);

export const newKey = keyNamed('a name to be found', { prefix: 'sk-', requestsPerMinute: 7 });

export const newBudget = {
  name: 'all',
  scope: 'global',
  scopeId: '',
  model: '',
  period: 'total',
  // More than a number holds exactly.
  capNanos: 9_223_372_036_854_775_807n,
  thresholds: [],
  isHard: true,
  isActive: true,
} as const;

/** A record, who keeps its image in memory, and what stands in for it elsewhere. */
export class ImageScene {
  readonly clock: ManualClock = createManualClock();
  readonly stores: RecordStores;
  readonly image = new MemoryImage(this.clock, STALE_MS);
  readonly writer: ImageWriter;
  readonly standIn: StandIn;
  /** What was taken over of images. */
  readonly taken: ImageRows[] = [];
  /** How often keys of an image were forgotten. */
  forgotten = 0;
  /** Lines of the log that operators see. */
  readonly said: string[] = [];

  constructor({ context }: TestRecord) {
    const { clock, image } = this;
    const note = (_: string, text: string) => void this.said.push(text);
    const log = { info: note, warn: note, error: note, debug: () => undefined } as unknown as Log;
    const common = { clock, log, openImage: async () => image };
    this.stores = createRecordStores({ ...context, clock });
    this.writer = new ImageWriter({ ...common, stores: this.stores, newId: randomUUID });
    this.standIn = new StandIn({
      ...common,
      openSecrets: () => this.secrets(),
      takeOver: async (rows) => void this.taken.push(rows),
      forgetKeys: () => {
        this.forgotten += 1;
      },
      goodMs: STALE_MS,
      isFirst: true,
    });
  }

  secrets(encryptionKey = '0123456789abcdef'.repeat(4)): RecordSecrets | undefined {
    return openRecordSecrets({
      salt: async () => '',
      secrets: { encryptionKey, previousEncryptionKeys: [], rotationDays: 90 },
      adminKey: undefined,
      randomBytes,
    });
  }

  /** Has an image kept from now on; returns when there is one. */
  async begin(encryptionKey?: string): Promise<void> {
    this.writer.begin(this.secrets(encryptionKey));
    await this.written();
  }

  /** Returns when there is another image than there was, or one at all. */
  async written(): Promise<void> {
    const before = this.image.image?.version;
    await vi.waitFor(() => {
      this.clock.advance(200);
      if ((this.image.image?.version ?? before) === before) throw new Error('There is no other image.');
    }, 10_000);
  }

  /** A change of the record that somebody is about to answer for. */
  retire(change: Parameters<ImageWriter['retire']>[0]): Promise<void> {
    this.writer.soon();
    return this.writer.retire(change);
  }

  /** Whose key a hash is, as the image says, or why it is refused. */
  async nameOf(letter: string): Promise<string | undefined> {
    const known = await this.standIn.find(hash(letter));
    if (known === undefined) return undefined;
    return 'principal' in known.answer ? known.answer.principal.name : known.answer.refusal;
  }

  /** A second, and what is done in it. */
  async second(): Promise<void> {
    this.clock.advance(1_000);
    for (let turn = 0; turn < 10; turn++) await settle();
  }

  async close(): Promise<void> {
    this.writer.close();
    await this.standIn.end();
  }
}

/** Hands over a new scene before each test of a file, all over one database. */
export function eachImageScene(use: (scene: ImageScene) => void): void {
  let database: TestRecord;
  let scene: ImageScene;
  beforeAll(async () => {
    database = await openTestRecord(testDialects[0]!, createManualClock());
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    await database.clear();
    scene = new ImageScene(database);
    use(scene);
  });
  afterEach(() => scene.close());
}
