import type { ManualClock } from './manual-clock.fixture.ts';
import type {
  ImageBeginning,
  ImageField,
  ImageOutcome,
  ImageReading,
  NewImage,
  RecordImageStore,
} from './record-image-store.ts';

/** Images in memory, for tests: by a clock that stands still, and away when a test wants it. */
export class MemoryImage implements RecordImageStore {
  readonly #clock: ManualClock;
  readonly #goodMs: number;
  readonly #parts = new Map<string, Map<string, string>>();
  image: { version: string; revision: number; writtenAt: number; fields: Map<string, string> } | undefined;
  drops = 0;
  isAway = false;
  reads = 0;

  constructor(clock: ManualClock, goodMs = 600_000) {
    this.#clock = clock;
    this.#goodMs = goodMs;
  }

  async begin(): Promise<ImageBeginning> {
    this.#ask();
    return { at: this.#clock.now(), drops: this.drops, revision: this.image?.revision };
  }

  async append(version: string, fields: readonly ImageField[]): Promise<void> {
    this.#ask();
    this.#parts.set(version, new Map([...(this.#parts.get(version) ?? []), ...fields]));
  }

  async publish({ count, revision, version }: NewImage, { at, drops }: ImageBeginning): Promise<ImageOutcome> {
    this.#ask();
    const fields = this.#parts.get(version) ?? new Map<string, string>();
    this.#parts.delete(version);
    if (drops !== this.drops) return 'dropped';
    if (this.image !== undefined && this.image.revision > revision) return 'older';
    if (fields.size !== count) return 'incomplete';
    this.image = { version, revision, writtenAt: at, fields };
    return 'kept';
  }

  async renew(revision: number, { at }: ImageBeginning): Promise<boolean> {
    this.#ask();
    if (this.image?.revision !== revision) return false;
    this.image.writtenAt = Math.max(this.image.writtenAt, at);
    return true;
  }

  async drop(): Promise<void> {
    this.#ask();
    this.image = undefined;
    this.drops += 1;
  }

  async read(names: readonly string[]): Promise<ImageReading | undefined> {
    this.#ask();
    this.reads += 1;
    if (this.image === undefined) return undefined;
    const { fields, version, writtenAt } = this.image;
    const ageMs = this.#clock.now() - writtenAt;
    return ageMs >= this.#goodMs ? undefined : { version, ageMs, values: names.map((name) => fields.get(name)) };
  }

  close(): void {
    this.isAway = true;
  }

  #ask(): void {
    if (this.isAway) throw new Error('Redis is away');
  }
}
