import { join } from 'node:path';
import { decodeIntent } from './decode-record.ts';
import { interruptedRow } from './interrupted-row.ts';
import type { LedgerIntent } from './ledger-row.ts';
import type { SpooledLoss, SpooledRow } from './ledger-store.ts';
import { END_OF_SPOOL, segmentFile, spoolPosition } from './segment-name.ts';
import { type PlacedRecord, type SegmentPiece, SegmentReader } from './segment-reader.ts';
import type { CarriedState, SpoolToCarry } from './spool-carrier.ts';

/** What was read at once. */
export interface ReadBatch {
  readonly rows: readonly SpooledRow[];
  readonly losses: readonly SpooledLoss[];
  readonly position: number;
  /** There is nothing more to read, for the moment. */
  readonly isAtEnd: boolean;
}

interface OpenExchange {
  /** The record of its beginning. */
  readonly json: string;
  readonly segment: number;
}

/** Rows after which a batch is handed over. */
const BATCH_ROWS = 4_000;

/**
 * Reads the segments of one spool in their order, while they grow, and puts beginnings and ends of exchanges together.
 * It remembers what is open; the database remembers how far the rows are taken.
 */
export class SpoolReader {
  readonly #input: SpoolToCarry;
  readonly #open = new Map<number, OpenExchange>();
  readonly #openIn = new Map<number, number>();
  readonly #damaged = new Map<number, number>();
  #segment = 0;
  #reader: SegmentReader | undefined;
  #position = 0;
  /** The last that is known of the process, in milliseconds since 1970. */
  #lastSeen = 0;
  #isClosed = false;

  constructor(input: SpoolToCarry) {
    this.#input = input;
  }

  /** Where it is; see `CarriedState`. */
  get state(): Omit<CarriedState, 'taken'> {
    return {
      isClosed: this.#isClosed,
      segment: this.#segment,
      // One without a reader was read to its end, or is gone.
      offset: this.#reader?.offset ?? Number.MAX_SAFE_INTEGER,
      openIn: [...this.#openIn.keys()],
      damaged: [...this.#damaged],
    };
  }

  /**
   * Reads on, at most about as much as a batch. `segments` was listed just before: only then is the end of one that has
   * a successor its very end. Should it reject, what it had read is forgotten, and the reader is of no more use.
   */
  async read(segments: readonly number[]): Promise<ReadBatch> {
    const rows: SpooledRow[] = [];
    const losses: SpooledLoss[] = [];
    let isAtEnd = false;
    try {
      while (!isAtEnd && rows.length < BATCH_ROWS) {
        const piece = await this.#nextPiece(segments);
        if (piece === undefined) isAtEnd = true;
        else isAtEnd = await this.#takePiece(piece, segments, rows, losses);
      }
    } finally {
      await this.#reader?.pause();
    }
    return { rows, losses, position: this.#position, isAtEnd };
  }

  /** What is still open becomes rows: its process is gone. */
  interrupted(): readonly SpooledRow[] {
    const begun: (readonly [number, LedgerIntent])[] = [];
    for (const [sequence, open] of this.#open) {
      const intent = decodeIntent(open.json);
      if (intent === undefined) this.#noteDamage(open.segment, 1);
      else begun.push([sequence, intent]);
    }
    const lastSeen = begun.reduce((last, [, { startedAt }]) => Math.max(last, startedAt), this.#lastSeen);
    return begun.map(([sequence, intent]) => ({
      sequence,
      position: END_OF_SPOOL,
      row: interruptedRow(intent, lastSeen),
    }));
  }

  /** The segment is given up; what was not read of it is skipped. */
  skip(segment: number): void {
    if (segment === this.#segment) this.#reader = undefined;
  }

  /** Undefined when there is no segment left to read. */
  async #nextPiece(segments: readonly number[]): Promise<SegmentPiece | undefined> {
    for (;;) {
      if (this.#reader === undefined) {
        const next = segments.find((segment) => segment > this.#segment);
        if (next === undefined) return undefined;
        this.#segment = next;
        this.#reader = new SegmentReader(this.#path(next));
      }
      try {
        return await this.#reader.next();
      } catch (error) {
        // Another process drained the same spool, or gave the segment up.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        this.#reader = undefined;
      }
    }
  }

  /** Answers whether nothing is left to read. */
  async #takePiece(
    piece: SegmentPiece,
    segments: readonly number[],
    rows: SpooledRow[],
    losses: SpooledLoss[],
  ): Promise<boolean> {
    for (const placed of piece.records) this.#take(placed, rows, losses);
    this.#noteDamage(this.#segment, piece.damaged);
    if (!piece.isAtEnd) return false;
    if (!segments.some((segment) => segment > this.#segment)) return true;
    await this.#reader?.pause();
    this.#reader = undefined;
    return false;
  }

  #take({ record, end }: PlacedRecord, rows: SpooledRow[], losses: SpooledLoss[]): void {
    const position = spoolPosition(this.#segment, end);
    this.#position = position;
    const isNew = position > this.#input.taken;
    switch (record.kind) {
      case 'begin':
        this.#begin(record.ticket, record.json);
        return;
      case 'row':
        this.#end(record.sequence);
        this.#see(record.endedAt);
        record.position = position;
        if (isNew) rows.push(record);
        return;
      case 'lost':
        if (isNew) losses.push({ position, at: record.at, count: record.count, reason: record.reason });
        return;
      case 'closed':
        this.#isClosed = true;
    }
  }

  #begin(ticket: number, json: string): void {
    this.#open.set(ticket, { json, segment: this.#segment });
    this.#openIn.set(this.#segment, (this.#openIn.get(this.#segment) ?? 0) + 1);
  }

  #end(ticket: number): void {
    const open = this.#open.get(ticket);
    if (open === undefined) return;
    this.#open.delete(ticket);
    const left = (this.#openIn.get(open.segment) ?? 1) - 1;
    if (left === 0) this.#openIn.delete(open.segment);
    else this.#openIn.set(open.segment, left);
  }

  #see(at: number): void {
    if (at > this.#lastSeen) this.#lastSeen = at;
  }

  #noteDamage(segment: number, lines: number): void {
    if (lines > 0) this.#damaged.set(segment, (this.#damaged.get(segment) ?? 0) + lines);
  }

  #path(segment: number): string {
    return join(this.#input.directory, segmentFile(this.#input.spool, segment));
  }
}
