import type { LedgerStore, SpooledLoss } from './ledger-store.ts';
import { END_OF_SPOOL } from './segment-name.ts';
import { type ReadBatch, SpoolReader } from './spool-reader.ts';

/** Which spool, and how far the database has it as far as is known. */
export interface SpoolToCarry {
  readonly directory: string;
  readonly spool: string;
  readonly taken: number;
}

/** What is to be carried now. */
export interface CarryOrder {
  /** Listed just before, in their order. */
  readonly segments: readonly number[];
  /** Losses that the database is to be told of besides. */
  readonly losses: readonly SpooledLoss[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** How far a carrier has come. */
export interface CarriedState {
  /** How far the database has the spool. */
  readonly taken: number;
  /** The spool was ended in good order, and read to its end. */
  readonly isClosed: boolean;
  /** The segment that is read, and the offset up to which it was. */
  readonly segment: number;
  readonly offset: number;
  /** Segments in which an exchange begins that has not ended. */
  readonly openIn: readonly number[];
  /** Lines of segments that could not be read. */
  readonly damaged: readonly (readonly [segment: number, lines: number])[];
}

/** The files of spools failed, as `cause` says; all else that carrying fails with is the database's. */
export class SpoolFailure extends Error {
  override readonly name = 'SpoolFailure';

  constructor(cause: unknown) {
    super('The files of the ledger cannot be read or deleted.', { cause });
  }
}

/** Waits for what files are asked; rejects with a `SpoolFailure`. */
export async function onDisk<Result>(asked: Promise<Result>): Promise<Result> {
  try {
    return await asked;
  } catch (cause) {
    throw new SpoolFailure(cause);
  }
}

/**
 * Brings the rows of one spool to the database. What it has read and the database did not take, it hands over again; after
 * a `SpoolFailure` it is of no more use.
 */
export interface SpoolCarrier {
  readonly state: CarriedState;
  /** Reads on and hands over, at most about a batch; answers whether nothing was left to read. */
  carry(order: CarryOrder): Promise<boolean>;
  /** The process is gone: what it had begun becomes rows, whose number is given, and nothing comes any more. */
  finish(now: number): Promise<number>;
  /** The segment is given up; what was not read of it is skipped. */
  skip(segment: number): void;
}

/** Interrupted exchanges that are handed over at once. */
const INTERRUPTED_ROWS = 250;

/** Carries rows through this thread's own hands. */
export class OwnCarrier implements SpoolCarrier {
  readonly #spool: string;
  readonly #store: Pick<LedgerStore, 'commit'>;
  readonly #reader: SpoolReader;
  /** Read, and not taken by the database yet. */
  #pending: ReadBatch | undefined;
  #taken: number;

  constructor(input: SpoolToCarry, store: Pick<LedgerStore, 'commit'>) {
    this.#spool = input.spool;
    this.#store = store;
    this.#reader = new SpoolReader(input);
    this.#taken = input.taken;
  }

  get state(): CarriedState {
    return { taken: this.#taken, ...this.#reader.state };
  }

  async carry({ segments, losses, now }: CarryOrder): Promise<boolean> {
    const wasRead = this.#pending !== undefined;
    this.#pending ??= await onDisk(this.#reader.read(segments));
    const { rows, losses: told, position, isAtEnd } = this.#pending;
    if (rows.length + told.length + losses.length > 0) {
      await this.#store.commit({ spool: this.#spool, rows, losses: [...told, ...losses], position, now });
      this.#taken = position;
    }
    this.#pending = undefined;
    // What was read before was at the end then.
    return isAtEnd && !wasRead;
  }

  async finish(now: number): Promise<number> {
    const all = this.#reader.interrupted();
    const taken = this.#taken;
    for (let done = 0; done < all.length; done += INTERRUPTED_ROWS) {
      const rows = all.slice(done, done + INTERRUPTED_ROWS);
      // Only the last one says that nothing comes after it.
      const position = done + rows.length < all.length ? taken : END_OF_SPOOL;
      await this.#store.commit({ spool: this.#spool, rows, losses: [], position, now });
      this.#taken = position;
    }
    return all.length;
  }

  skip(segment: number): void {
    this.#reader.skip(segment);
  }
}

/** Segments of which nothing is needed any more, once all that was read is in the database; the oldest first. */
export function finishedSegments({ segment, openIn }: CarriedState, segments: readonly number[]): readonly number[] {
  return segments.filter((one) => one < segment && !openIn.includes(one));
}

/** Lines of the segment that could not be read. */
export function damagedLines({ damaged }: CarriedState, segment: number): number {
  return damaged.find(([one]) => one === segment)?.[1] ?? 0;
}

/** The offset up to which a segment was read. */
export function readUpTo({ segment, offset }: CarriedState, asked: number): number {
  if (asked < segment) return Number.MAX_SAFE_INTEGER;
  return asked > segment ? 0 : offset;
}
