import { stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../canonical/clock.ts';
import type { LedgerNotices } from './ledger-notices.ts';
import type { SpooledLoss } from './ledger-store.ts';
import { segmentFile, spoolPosition } from './segment-name.ts';
import { SegmentReader } from './segment-reader.ts';

export interface BacklogSettings {
  readonly directory: string;
  readonly clock: Pick<Clock, 'wallNow'>;
  readonly notices: Pick<LedgerNotices, 'dropped'>;
  /** Bytes that all spools may take together. */
  readonly maxBytes: number;
  readonly whenFull: 'drop_oldest' | 'refuse';
}

interface Candidate {
  readonly spool: string;
  readonly segment: number;
  readonly path: string;
  readonly bytes: number;
  readonly modifiedAt: number;
}

/** Keeps the spools of a folder within their bound while the database is away, by giving up the oldest segments. */
export class Backlog {
  readonly #settings: BacklogSettings;
  readonly #losses = new Map<string, SpooledLoss[]>();
  /** Rows given up so far. */
  dropped = 0;
  /** Bytes at the last look. */
  bytes = 0;

  constructor(settings: BacklogSettings) {
    this.#settings = settings;
  }

  /** `skip` tells who reads a segment that it goes; it answers how far that was read. */
  async bound(
    spools: ReadonlyMap<string, readonly number[]>,
    skip: (spool: string, segment: number) => number | undefined,
  ): Promise<void> {
    const { maxBytes, notices, whenFull } = this.#settings;
    const candidates = await this.#candidates(spools);
    this.bytes = candidates.reduce((sum, { bytes }) => sum + bytes, 0);
    if (whenFull === 'refuse') return;
    // The last segment of a spool may still be written.
    const oldest = candidates
      .filter(({ spool, segment }) => segment !== spools.get(spool)!.at(-1))
      .sort((left, right) => left.modifiedAt - right.modifiedAt || left.segment - right.segment);
    let rows = 0;
    for (const candidate of oldest) {
      if (this.bytes <= maxBytes) break;
      rows += await this.#giveUp(candidate, skip);
      this.bytes -= candidate.bytes;
    }
    if (rows > 0) notices.dropped(rows, maxBytes);
  }

  /** Losses of a spool that the database was not told of. */
  lossesOf(spool: string): readonly SpooledLoss[] {
    return this.#losses.get(spool) ?? [];
  }

  /** The database knows of these. */
  told(spool: string, losses: readonly SpooledLoss[]): void {
    if (losses.length > 0) this.#losses.delete(spool);
  }

  async #candidates(spools: ReadonlyMap<string, readonly number[]>): Promise<readonly Candidate[]> {
    const found: Candidate[] = [];
    for (const [spool, segments] of spools) {
      for (const segment of segments) {
        const path = join(this.#settings.directory, segmentFile(spool, segment));
        const stats = await stat(path).catch(() => undefined);
        if (stats !== undefined) found.push({ spool, segment, path, bytes: stats.size, modifiedAt: stats.mtimeMs });
      }
    }
    return found;
  }

  async #giveUp(
    { spool, segment, path }: Candidate,
    skip: (spool: string, segment: number) => number | undefined,
  ): Promise<number> {
    const read = skip(spool, segment) ?? 0;
    const count = await rowsBehind(path, read);
    await unlink(path).catch(() => undefined);
    if (count === 0) return 0;
    this.dropped += count;
    const loss = { position: spoolPosition(segment, 0), at: this.#settings.clock.wallNow(), count, reason: 'backlog' };
    this.#losses.set(spool, [...this.lossesOf(spool), loss]);
    return count;
  }
}

/** Rows of a segment behind an offset; as many as can be read. */
async function rowsBehind(path: string, offset: number): Promise<number> {
  const reader = new SegmentReader(path);
  let count = 0;
  try {
    for (let isAtEnd = false; !isAtEnd; ) {
      const piece = await reader.next();
      isAtEnd = piece.isAtEnd;
      count += piece.records.filter(({ record, end }) => end > offset && record.kind === 'row').length;
    }
  } catch {
    // What cannot be read cannot be counted either.
  } finally {
    await reader.pause();
  }
  return count;
}
