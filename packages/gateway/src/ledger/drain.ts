import { readdir, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../canonical/clock.ts';
import { Backlog } from './backlog.ts';
import type { LedgerNotices } from './ledger-notices.ts';
import type { LedgerBatch, LedgerStore } from './ledger-store.ts';
import { OtherFormats } from './other-formats.ts';
import { END_OF_SPOOL, groupSegments, segmentFile } from './segment-name.ts';
import type { SpoolOwners } from './spool-owner.ts';
import { type ReadBatch, SpoolReader } from './spool-reader.ts';

export interface DrainSettings {
  readonly directory: string;
  readonly store: LedgerStore;
  readonly clock: Clock;
  readonly owners: Pick<SpoolOwners, 'stateOf'>;
  readonly notices: LedgerNotices;
  readonly maxBytes: number;
  readonly whenFull: 'drop_oldest' | 'refuse';
}

/** Milliseconds between two passes. */
const PASS_MS = 500;
/** Milliseconds after the first failure; twice as long after each further one. */
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;
/** Milliseconds without a write after which a spool whose process cannot be looked at counts as left. */
const LEASE_MS = 60_000;
/** Batches of one spool in a pass, so that the others get their turn. */
const BATCHES_PER_PASS = 10;

/** Interrupted exchanges that are handed over at once. */
const INTERRUPTED_ROWS = 250;

/** What is remembered of a spool between passes. */
interface Spooled {
  readonly reader: SpoolReader;
  /** Read, and not taken by the database yet. */
  pending: ReadBatch | undefined;
  /** How far the database has it, as far as is known here. */
  taken: number;
}

/**
 * Brings what processes have written down into the database: its own spool, those of workers, and those that dead
 * processes left. Requests never wait for it. While the database is away, it tries again and again, ever more slowly.
 * Two of them over one folder do the same work twice and no harm: the database decides what is new.
 */
export class Drain {
  readonly #settings: DrainSettings;
  readonly #spools = new Map<string, Spooled>();
  readonly #backlog: Backlog;
  readonly #otherFormats: OtherFormats;
  #cancel: () => void = () => undefined;
  #running: Promise<void> | undefined;
  #isStopped = false;
  #failures = 0;
  /** Something was left when the last pass ended, for lack of time. */
  #hasMore = false;
  /** What the database last failed with. */
  #storeFailure: unknown;

  constructor(settings: DrainSettings) {
    this.#settings = settings;
    this.#backlog = new Backlog(settings);
    this.#otherFormats = new OtherFormats(settings);
  }

  /** Begins to pass by itself. */
  start(): void {
    this.#later(0);
  }

  /** Rows that were given up to make room. */
  get dropped(): number {
    return this.#backlog.dropped;
  }

  /** Bytes of spools at the last pass. */
  get pendingBytes(): number {
    return this.#backlog.bytes;
  }

  /** The last pass brought everything that it read into the database. */
  get isHealthy(): boolean {
    return this.#failures === 0;
  }

  /** Drains what was written before this is called. Never rejects. */
  async whole(): Promise<void> {
    // One that is under way may have read the file before the last row was written.
    await this.#running;
    await this.pass();
  }

  /** Drains what there is, or waits for who is doing so. Never rejects. */
  pass(): Promise<void> {
    this.#running ??= this.#pass().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /**
   * Passes once more and stops, after so many milliseconds at the latest. What the database does not take until then is
   * taken after the next start.
   */
  async stop(limitMs: number): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    const last = this.whole();
    let cancelLimit = (): void => undefined;
    const limit = new Promise<void>((resolve) => {
      cancelLimit = this.#settings.clock.schedule(resolve, limitMs);
    });
    await Promise.race([last, limit]);
    cancelLimit();
  }

  #later(delayMs: number): void {
    if (this.#isStopped) return;
    this.#cancel = this.#settings.clock.schedule(() => {
      void this.pass().then(() => this.#later(this.#delay()));
    }, delayMs);
  }

  #delay(): number {
    if (this.#failures === 0) return this.#hasMore ? 0 : PASS_MS;
    return Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#failures - 1));
  }

  async #pass(): Promise<void> {
    const { notices } = this.#settings;
    try {
      const files = await this.#files();
      await this.#otherFormats.tell(files);
      const spools = groupSegments(files);
      this.#forgetGone(spools);
      await this.#backlog.bound(spools, (spool, segment) => this.#spools.get(spool)?.reader.skip(segment));
      this.#hasMore = false;
      for (const [spool, segments] of spools) await this.#drainSafely(spool, segments);
      if (this.#failures > 0) notices.databaseBack();
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      if (error === this.#storeFailure) notices.databaseAway(error);
      else notices.refused(error);
    }
  }

  /** A spool that cannot be read is no reason to leave the others; a database that is away is. */
  async #drainSafely(spool: string, segments: readonly number[]): Promise<void> {
    try {
      await this.#drain(spool, segments);
    } catch (error) {
      if (error === this.#storeFailure) throw error;
      // What was read of it and not handed over is read again.
      this.#spools.delete(spool);
      this.#settings.notices.refused(error);
    }
  }

  /** Waits for the database, and remembers what it fails with. */
  async #asked<Result>(answer: Promise<Result>): Promise<Result> {
    try {
      return await answer;
    } catch (error) {
      this.#storeFailure = error;
      throw error;
    }
  }

  async #files(): Promise<readonly string[]> {
    // Without a folder, nobody has written anything yet.
    return (await readdir(this.#settings.directory).catch(ignoreGone)) ?? [];
  }

  async #drain(spool: string, listed: readonly number[]): Promise<void> {
    const isLeft = await this.#isLeft(spool, listed);
    // What its process wrote between the listing and its death must be there before it counts as read to its end.
    const segments = isLeft ? (groupSegments(await this.#files()).get(spool) ?? []) : listed;
    const spooled = await this.#open(spool);
    if (spooled.taken < END_OF_SPOOL) {
      const isAtEnd = await this.#bring(spool, spooled, segments);
      if (!isAtEnd || !(isLeft || spooled.reader.isClosed)) return;
      await this.#finish(spool, spooled);
    }
    await this.#delete(spool, spooled.reader, segments);
    this.#spools.delete(spool);
  }

  /** Reads and hands over, batch by batch; answers whether nothing is left to read. */
  async #bring(spool: string, spooled: Spooled, segments: readonly number[]): Promise<boolean> {
    const { reader } = spooled;
    for (let count = 0; count < BATCHES_PER_PASS; count++) {
      const wasRead = spooled.pending !== undefined;
      spooled.pending ??= await reader.read(segments);
      const { rows, losses, position, isAtEnd } = spooled.pending;
      const dropped = this.#backlog.lossesOf(spool);
      if (rows.length + losses.length + dropped.length > 0) {
        await this.#commit({ spool, rows, losses: [...losses, ...dropped], position }, spooled);
        this.#backlog.told(spool, dropped);
      }
      spooled.pending = undefined;
      await this.#delete(spool, reader, reader.finishedSegments(segments));
      // What was read in an earlier pass was at the end then.
      if (isAtEnd && !wasRead) return true;
    }
    this.#hasMore = true;
    return false;
  }

  /** The process is gone: what it had begun is interrupted, and nothing of the spool is needed any more. */
  async #finish(spool: string, spooled: Spooled): Promise<void> {
    const all = spooled.reader.interrupted();
    const { taken } = spooled;
    for (let done = 0; done < all.length; done += INTERRUPTED_ROWS) {
      const rows = all.slice(done, done + INTERRUPTED_ROWS);
      // Only the last one says that nothing comes after it.
      const position = done + rows.length < all.length ? taken : END_OF_SPOOL;
      await this.#commit({ spool, rows, losses: [], position }, spooled);
    }
    if (all.length > 0) this.#settings.notices.interrupted(spool, all.length);
  }

  async #commit(batch: Omit<LedgerBatch, 'now'>, spooled: Spooled): Promise<void> {
    const { clock, store } = this.#settings;
    await this.#asked(store.commit({ ...batch, now: clock.wallNow() }));
    spooled.taken = batch.position;
  }

  async #open(spool: string): Promise<Spooled> {
    const known = this.#spools.get(spool);
    if (known !== undefined) return known;
    const { directory, store } = this.#settings;
    const taken = await this.#asked(store.positionOf(spool));
    const opened = { reader: new SpoolReader({ directory, spool, taken }), pending: undefined, taken };
    this.#spools.set(spool, opened);
    return opened;
  }

  async #isLeft(spool: string, segments: readonly number[]): Promise<boolean> {
    const { clock, directory, owners } = this.#settings;
    const state = owners.stateOf(spool);
    if (state !== 'unseen') return state === 'dead';
    const last = await stat(join(directory, segmentFile(spool, segments.at(-1)!))).catch(() => undefined);
    return last !== undefined && clock.wallNow() - last.mtimeMs > LEASE_MS;
  }

  /** In their order: should it stop on the way, no exchange is left with its beginning and without its end. */
  async #delete(spool: string, reader: SpoolReader, segments: readonly number[]): Promise<void> {
    for (const segment of segments) {
      const { directory, notices } = this.#settings;
      const path = join(directory, segmentFile(spool, segment));
      const damaged = reader.damagedLines(segment);
      if (damaged === 0) await unlink(path).catch(ignoreGone);
      else if (await setAside(path)) notices.damaged(keptName(path), damaged);
    }
  }

  #forgetGone(spools: ReadonlyMap<string, readonly number[]>): void {
    for (const spool of this.#spools.keys()) if (!spools.has(spool)) this.#spools.delete(spool);
  }
}

/** Keeps a damaged segment where nobody reads it again; answers whether it was there. */
async function setAside(path: string): Promise<boolean> {
  try {
    await rename(path, keptName(path));
    return true;
  } catch (error) {
    ignoreGone(error as NodeJS.ErrnoException);
    return false;
  }
}

function keptName(path: string): string {
  return `${path}.damaged`;
}

function ignoreGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
