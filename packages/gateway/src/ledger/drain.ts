import { readdir, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../canonical/clock.ts';
import { Backlog } from './backlog.ts';
import type { LedgerNotices } from './ledger-notices.ts';
import type { LedgerStore } from './ledger-store.ts';
import { OtherFormats } from './other-formats.ts';
import { END_OF_SPOOL, groupSegments, segmentFile } from './segment-name.ts';
import {
  damagedLines,
  finishedSegments,
  OwnCarrier,
  onDisk,
  readUpTo,
  type SpoolCarrier,
  SpoolFailure,
} from './spool-carrier.ts';
import type { SpoolOwners } from './spool-owner.ts';

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

/**
 * Brings what processes have written down into the database: its own spool, those of workers, and those that dead
 * processes left. Requests never wait for it. While the database is away, it tries again and again, ever more slowly.
 * Two of them over one folder do the same work twice and no harm: the database decides what is new.
 */
export class Drain {
  readonly #settings: DrainSettings;
  readonly #spools = new Map<string, SpoolCarrier>();
  readonly #backlog: Backlog;
  readonly #otherFormats: OtherFormats;
  #cancel: () => void = () => undefined;
  #running: Promise<void> | undefined;
  #isStopped = false;
  #failures = 0;
  /** Something was left when the last pass ended, for lack of time. */
  #hasMore = false;

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
      const spools = await onDisk(this.#found());
      this.#hasMore = false;
      for (const [spool, segments] of spools) await this.#drainSafely(spool, segments);
      if (this.#failures > 0) notices.databaseBack();
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      if (error instanceof SpoolFailure) notices.refused(error.cause);
      else notices.databaseAway(error);
    }
  }

  /** The segments that there are, within the bound of their bytes. */
  async #found(): Promise<ReadonlyMap<string, readonly number[]>> {
    const files = await this.#files();
    const taken = await this.#otherFormats.takeOver(files);
    const spools = groupSegments([...files, ...taken]);
    this.#forgetGone(spools);
    await this.#backlog.bound(spools, (spool, segment) => this.#skip(spool, segment));
    return spools;
  }

  /** A spool that cannot be read is no reason to leave the others; a database that is away is. */
  async #drainSafely(spool: string, segments: readonly number[]): Promise<void> {
    try {
      await this.#drain(spool, segments);
    } catch (error) {
      if (!(error instanceof SpoolFailure)) throw error;
      // What was read of it and not handed over is read again.
      this.#spools.delete(spool);
      this.#settings.notices.refused(error.cause);
    }
  }

  async #files(): Promise<readonly string[]> {
    // Without a folder, nobody has written anything yet.
    return (await readdir(this.#settings.directory).catch(ignoreGone)) ?? [];
  }

  async #drain(spool: string, listed: readonly number[]): Promise<void> {
    const isLeft = await this.#isLeft(spool, listed);
    // What its process wrote between the listing and its death must be there before it counts as read to its end.
    const segments = isLeft ? (groupSegments(await onDisk(this.#files())).get(spool) ?? []) : listed;
    const carrier = await this.#open(spool);
    if (carrier.state.taken < END_OF_SPOOL) {
      const isAtEnd = await this.#carry(spool, carrier, segments);
      if (!isAtEnd || !(isLeft || carrier.state.isClosed)) return;
      const interrupted = await carrier.finish(this.#settings.clock.wallNow());
      if (interrupted > 0) this.#settings.notices.interrupted(spool, interrupted);
    }
    await onDisk(this.#delete(spool, carrier, segments));
    this.#spools.delete(spool);
  }

  /** Has it brought over, batch by batch; answers whether nothing is left to read. */
  async #carry(spool: string, carrier: SpoolCarrier, segments: readonly number[]): Promise<boolean> {
    for (let count = 0; count < BATCHES_PER_PASS; count++) {
      const losses = this.#backlog.lossesOf(spool);
      const isAtEnd = await carrier.carry({ segments, losses, now: this.#settings.clock.wallNow() });
      this.#backlog.told(spool, losses);
      await onDisk(this.#delete(spool, carrier, finishedSegments(carrier.state, segments)));
      if (isAtEnd) return true;
    }
    this.#hasMore = true;
    return false;
  }

  /** Nothing more of a segment is to be carried; answers how far it was read. */
  #skip(spool: string, segment: number): number {
    const carrier = this.#spools.get(spool);
    if (carrier === undefined) return 0;
    const read = readUpTo(carrier.state, segment);
    carrier.skip(segment);
    return read;
  }

  async #open(spool: string): Promise<SpoolCarrier> {
    const known = this.#spools.get(spool);
    if (known !== undefined) return known;
    const { directory, store } = this.#settings;
    const toCarry = { directory, spool, taken: await store.positionOf(spool) };
    const opened = store.carrierOf?.(toCarry) ?? new OwnCarrier(toCarry, store);
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
  async #delete(spool: string, { state }: SpoolCarrier, segments: readonly number[]): Promise<void> {
    for (const segment of segments) {
      const { directory, notices } = this.#settings;
      const path = join(directory, segmentFile(spool, segment));
      const damaged = damagedLines(state, segment);
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
