import { type FileHandle, open } from 'node:fs/promises';
import { isBeginning, RecordDecoder, type SpoolRecord } from './decode-record.ts';
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
  const decoded: (SpoolRecord | undefined)[] = new Array(lines.length).fill(undefined);
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    if (isBeginning(line)) decoder.pass(line);
    else decoded[index] = decoder.decode(line);
    const record = decoded[index];
    if (record?.kind === 'row') ended.add(record.sequence);
  }
  const records: PlacedRecord[] = [];
  let unknown = 0;
  // Beginnings after the ends, which are known then, so that most of them need not be read.
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    if (isBeginning(line) && line.number !== undefined && ended.has(line.number)) continue;
    const record = isBeginning(line) ? decoder.decode(line) : decoded[index];
    if (record === undefined) unknown += 1;
    else records.push({ record, end: offset + line.end });
  }
  return { records, unknown };
}
