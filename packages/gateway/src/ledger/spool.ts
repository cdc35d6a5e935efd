import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../canonical/clock.ts';
import { GatewayError } from '../canonical/gateway-error.ts';
import { GatheredLines } from './gathered-lines.ts';
import { HeldLines } from './held-lines.ts';
import type { LedgerNotices } from './ledger-notices.ts';
import type { LedgerIntent, LedgerRow } from './ledger-row.ts';
import { RecordEncoder } from './record-encoder.ts';
import { MAX_SEGMENT, segmentFile } from './segment-name.ts';
import type { OpenSpoolFile, SpoolFile } from './spool-file.ts';
import { spooledBytes } from './spooled-bytes.ts';

export interface SpoolSettings {
  /** Where segments lie; made where it is not there. */
  readonly directory: string;
  /** See `SpoolOwners.nameOf`; another each time. */
  readonly newName: () => string;
  readonly clock: Clock;
  /** Bytes after which the next segment begins. */
  readonly segmentBytes: number;
  /** Milliseconds after which the next segment begins, so that what was taken can be deleted. */
  readonly segmentMs: number;
  /** Bytes that all spools of the folder may take together. */
  readonly maxBytes: number;
  /** What becomes of a request when they do, or when the disk is full: it is served without a row, or refused. */
  readonly whenFull: 'drop_oldest' | 'refuse';
  /** Milliseconds between two orders to the disk to keep what was written; 0 leaves it to the system. */
  readonly syncMs: number;
  readonly notices: LedgerNotices;
  readonly openFile: OpenSpoolFile;
  /** Calls back once at the end of this turn of the event loop. */
  readonly atTurnEnd: (callback: () => void) => void;
}

/** Milliseconds between two looks at the age of the segment and the size of the folder. */
const LOOK_MS = 5_000;
/** Bytes of the longest line that names its kind by a number: an id, and the numbers of all attempts. */
const MAX_NAMING_BYTES = 32 * 1024;
/** Milliseconds after which a write that failed is tried again. */
const RETRY_MS = 250;

/**
 * Where one process writes down its exchanges. What it was given is the operating system's when `flush` returns, or this turn
 * of the event loop ends: the process may be killed at any instant after it, and nothing of it is lost. That is one `write`
 * into the page cache for all lines of the turn; who tells anybody of an exchange flushes first. While the disk refuses,
 * lines wait in memory, as far as there is room.
 */
export class Spool {
  readonly #settings: SpoolSettings;
  readonly #encoder = new RecordEncoder();
  readonly #gathered = new GatheredLines();
  readonly #held: HeldLines;
  #name: string;
  #file: SpoolFile | undefined;
  #segment = 0;
  #size = 0;
  /** Size at which the next segment begins. */
  #nextAt = 0;
  #openedAt = 0;
  #ticket = 0;
  /** Size of all spools of the folder at the last look, and what was written since. */
  #spooledBytes = 0;
  #isDirty = false;
  #isClosed = false;
  #cancelLook: () => void = () => undefined;
  #cancelRetry: (() => void) | undefined;
  #cancelSync: () => void = () => undefined;

  /** Throws when the folder or the first segment cannot be made. */
  constructor(settings: SpoolSettings) {
    this.#settings = settings;
    this.#name = settings.newName();
    this.#held = new HeldLines(settings.notices);
    mkdirSync(settings.directory, { recursive: true, mode: 0o700 });
    this.#spooledBytes = spooledBytes(settings.directory);
    this.#openNext();
    this.#lookLater();
    if (settings.syncMs > 0) this.#syncLater();
  }

  get name(): string {
    return this.#name;
  }

  /** Rows lost so far. */
  get lost(): number {
    return this.#held.lost;
  }

  /** Bytes of all spools of the folder, those of other processes at the last look. */
  get spooledBytes(): number {
    return this.#spooledBytes;
  }

  /** The disk takes nothing, or the spools have as much as it may have. */
  get isFull(): boolean {
    return !this.#held.isEmpty || this.#spooledBytes >= this.#settings.maxBytes;
  }

  /**
   * Writes down that an exchange is about to ask its first upstream; gives the number to end it with. Throws
   * `store_unavailable` when nothing can be written and requests are to be refused then.
   */
  begin(intent: LedgerIntent): number {
    if (this.#settings.whenFull === 'refuse') this.#refuseWhenFull();
    this.#ticket += 1;
    this.#makeRoom();
    this.#append(this.#encoder.begin(this.#ticket, intent), 0);
    return this.#ticket;
  }

  /** Writes down the end of an exchange, once; `ticket` is what `begin` gave, 0 for one that has asked nobody. */
  end(ticket: number, row: LedgerRow): void {
    if (ticket === 0) this.#ticket += 1;
    this.#makeRoom();
    this.#append(this.#encoder.row(ticket === 0 ? this.#ticket : ticket, row), 1);
  }

  /** Ends the spool in good order. Lines that the disk still refuses are lost. */
  close(): void {
    if (this.#isClosed) return;
    this.#cancelLook();
    this.#cancelSync();
    this.#writeHeld();
    this.#append(this.#encoder.closed(), 0);
    this.flush();
    this.#isClosed = true;
    this.#cancelRetry?.();
    this.#held.giveUp();
    this.#closeSegment();
  }

  /** Hands what it was given to the operating system. */
  flush(): void {
    const gathered = this.#gathered;
    if (gathered.isEmpty) return;
    // Lines keep their order: while some wait, all do. Those of one write stay together, for they need one another.
    if (!this.#held.isEmpty || !this.#write(gathered.bytes, gathered.length)) {
      this.#held.push(gathered.copy(), gathered.rows);
      this.#retryLater();
    }
    gathered.clear();
    this.#encoder.nextWrite();
  }

  readonly #onTurnEnd = (): void => this.flush();

  /** Before a line is made: one that names a kind must leave in the write that says it. */
  #makeRoom(): void {
    if (!this.#gathered.hasRoom(MAX_NAMING_BYTES)) this.flush();
  }

  /** `rows`: how many rows are lost with the line. */
  #append(line: Buffer, rows: number): void {
    if (this.#isClosed) {
      this.#held.lose(rows);
      return;
    }
    const gathered = this.#gathered;
    // A line that says its kind in full needs none of those before it.
    if (!gathered.hasRoom(line.length)) this.flush();
    const isFirst = gathered.isEmpty;
    gathered.add(line, rows);
    if (isFirst) this.#settings.atTurnEnd(this.#onTurnEnd);
  }

  #write(lines: Buffer, length: number): boolean {
    if (this.#size >= this.#nextAt) this.#openNext();
    return this.#file !== undefined && this.#writeBytes(this.#file, lines, length);
  }

  #writeBytes(file: SpoolFile, buffer: Buffer, length: number): boolean {
    let written = 0;
    try {
      while (written < length) written += file.write(buffer, written, length - written);
    } catch (error) {
      this.#settings.notices.refused(error);
      this.#cutToSize(file);
      return false;
    }
    this.#size += length;
    this.#spooledBytes += length;
    this.#isDirty = true;
    return true;
  }

  /** Half a line must not stay before the next. */
  #cutToSize(file: SpoolFile): void {
    try {
      file.cutTo(this.#size);
    } catch {
      // Readers leave out what is damaged; the next segment begins clean.
      this.#closeSegment();
    }
  }

  #refuseWhenFull(): void {
    if (!this.isFull) return;
    throw new GatewayError(
      'store_unavailable',
      'The record of requests cannot be written at the moment, and requests are not served without it.',
      { retryAfterMs: LOOK_MS },
    );
  }

  #openNext(): void {
    const { directory, clock, notices, openFile, segmentBytes } = this.#settings;
    // Should it fail, this one goes on for a while.
    this.#nextAt = this.#size + segmentBytes;
    if (this.#segment >= MAX_SEGMENT) return;
    let file: SpoolFile;
    try {
      file = openFile(join(directory, segmentFile(this.#name, this.#segment + 1)));
    } catch (error) {
      if (this.#segment === 0) throw error;
      notices.refused(error);
      return;
    }
    this.#closeSegment();
    this.#segment += 1;
    this.#file = file;
    this.#size = 0;
    this.#nextAt = segmentBytes;
    this.#openedAt = clock.now();
  }

  #closeSegment(): void {
    try {
      this.#file?.close();
    } catch (error) {
      this.#settings.notices.refused(error);
    }
    this.#file = undefined;
  }

  #retryLater(): void {
    this.#cancelRetry ??= this.#settings.clock.schedule(() => {
      this.#cancelRetry = undefined;
      if (this.#file === undefined) this.#openNext();
      this.#writeHeld();
      if (!this.#held.isEmpty) this.#retryLater();
    }, RETRY_MS);
  }

  #writeHeld(): void {
    const { clock } = this.#settings;
    this.#held.drain(
      (line) => this.#write(line, line.length),
      (count, reason) => this.#encoder.lost(clock.wallNow(), count, reason),
    );
  }

  #lookLater(): void {
    this.#cancelLook = this.#settings.clock.schedule(() => {
      this.#look();
      this.#lookLater();
    }, LOOK_MS);
  }

  /** Tells the living from the dead by the time of the last segment, and begins a new one when it is time for that. */
  #look(): void {
    const { clock, directory, notices, segmentMs } = this.#settings;
    this.#spooledBytes = spooledBytes(directory);
    try {
      this.#file?.touch(clock.wallNow());
      if (this.#file?.isGone()) this.#beginAnew();
    } catch (error) {
      notices.refused(error);
    }
    if (this.#size > 0 && clock.now() - this.#openedAt >= segmentMs) this.#openNext();
  }

  /**
   * Somebody deleted the file that is being written. Whoever did may hold this spool for one that was left, and will not
   * look at it again; what comes now is another.
   */
  #beginAnew(): void {
    const { directory, newName, notices } = this.#settings;
    notices.vanished(directory);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#name = newName();
    this.#segment = 0;
    this.#openNext();
  }

  #syncLater(): void {
    const { clock, notices, syncMs } = this.#settings;
    this.#cancelSync = clock.schedule(() => {
      if (this.#isDirty) {
        this.#isDirty = false;
        this.#file?.sync((error) => {
          if (error !== null) notices.refused(error);
        });
      }
      this.#syncLater();
    }, syncMs);
  }
}
