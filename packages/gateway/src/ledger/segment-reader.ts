import { type FileHandle, open } from 'node:fs/promises';
import { beginMark, RecordDecoder, type SpoolRecord } from './decode-record.ts';
import { type Line, readLines } from './record-line.ts';

/** A record and the offset behind it. */
export interface PlacedRecord {
  readonly record: SpoolRecord;
  readonly end: number;
}

/** The next piece of a segment. */
export interface SegmentPiece {
  /** Without the beginnings of exchanges that end in the same piece, which nearly all do: the end says all of them. */
  readonly records: readonly PlacedRecord[];
  /** Lines that are damaged or say nothing that is understood. */
  readonly damaged: number;
  /** There was nothing more to read. */
  readonly isAtEnd: boolean;
}

/** Bytes read at once: about a hundred and sixty exchanges, so that no turn of the process takes long. */
const PIECE_BYTES = 128 * 1024;
/** Without a line feed in so many bytes, they are no lines. */
const MAX_LINE_BYTES = 4 * 1024 * 1024;

/** Reads one file from its beginning, piece by piece, while its writer may still write. */
export class SegmentReader {
  readonly path: string;
  /** Behind the last whole line. */
  offset = 0;
  readonly #decoder = new RecordDecoder();
  #file: FileHandle | undefined;
  #buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);

  constructor(path: string) {
    this.path = path;
  }

  /** Rejects as the file system does; a file that is gone with `ENOENT`. */
  async next(): Promise<SegmentPiece> {
    this.#file ??= await open(this.path, 'r');
    const { bytesRead } = await this.#file.read(this.#buffer, 0, this.#buffer.length, this.offset);
    const bytes = this.#buffer.subarray(0, bytesRead);
    const { lines, length, damaged } = readLines(bytes);
    const isFull = bytesRead === this.#buffer.length;
    if (length === 0 && isFull) return this.#grow();
    const { records, unknown } = decodeLines(lines, this.offset, this.#decoder);
    this.offset += length;
    if (length > 0 && this.#buffer.length > PIECE_BYTES) this.#buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);
    return { records, damaged: damaged + unknown, isAtEnd: !isFull };
  }

  /** Lets go of the file; `next` opens it again. */
  async pause(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  /** A line that is longer than the buffer, or no line at all. */
  #grow(): SegmentPiece {
    if (this.#buffer.length < MAX_LINE_BYTES) {
      this.#buffer = Buffer.allocUnsafeSlow(this.#buffer.length * 4);
      return { records: [], damaged: 0, isAtEnd: false };
    }
    this.offset += this.#buffer.length;
    return { records: [], damaged: 1, isAtEnd: false };
  }
}

function decodeLines(
  lines: readonly Line[],
  offset: number,
  decoder: RecordDecoder,
): { records: PlacedRecord[]; unknown: number } {
  const ended = new Set<number>();
  const later: PlacedRecord[] = [];
  let unknown = 0;
  // From the last one on, so that an end is known before its beginning, and most beginnings need not be read.
  for (let index = lines.length - 1; index >= 0; index--) {
    const line = lines[index]!;
    const begun = line.numberAfter(beginMark);
    if (begun !== undefined && ended.has(begun)) continue;
    const record = decoder.decode(line);
    if (record === undefined) unknown += 1;
    else later.push({ record, end: offset + line.end });
    if (record?.kind === 'row') ended.add(record.sequence);
  }
  return { records: later.reverse(), unknown };
}
