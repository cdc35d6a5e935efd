import { decodeRowKind, type RowKind } from './record-kind.ts';

interface KnownKind {
  readonly bytes: Buffer;
  readonly kind: RowKind;
}

/** Kinds that are remembered; a segment has few. */
const MAX_KINDS = 1_000;
/** Kinds of one number that are remembered: callers choose some of the bytes, and could make up many of them. */
const MAX_NEIGHBOURS = 4;
/** Of so many bytes one goes into the number of a kind: all of them take longer than to compare them once. */
const STEP = 5;

/** Kinds of rows by the bytes that say them. One is one object for all rows that have it. */
export class KnownKindBytes {
  /** By a number that hardly ever two of them have. */
  #known = new Map<number, KnownKind[]>();
  #size = 0;

  /** Undefined where the bytes say none. */
  find(bytes: Buffer, start: number, end: number): RowKind | undefined {
    const number = numberOf(bytes, start, end);
    const known = this.#known.get(number);
    if (known !== undefined) {
      for (const { bytes: own, kind } of known) {
        if (own.length === end - start && bytes.compare(own, 0, own.length, start, end) === 0) return kind;
      }
    }
    const kind = decodeRowKind(bytes.toString('utf8', start, end));
    if (kind !== undefined) this.#keep(number, { bytes: Buffer.from(bytes.subarray(start, end)), kind });
    return kind;
  }

  #keep(number: number, kind: KnownKind): void {
    if (this.#size >= MAX_KINDS) {
      this.#known = new Map();
      this.#size = 0;
    }
    const neighbours = this.#known.get(number) ?? [];
    this.#known.set(number, [...neighbours.slice(1 - MAX_NEIGHBOURS), kind]);
    this.#size += 1;
  }
}

function numberOf(bytes: Buffer, start: number, end: number): number {
  let number = end - start;
  for (let at = start; at < end; at += STEP) number = (Math.imul(number, 31) + bytes[at]!) | 0;
  return number;
}
