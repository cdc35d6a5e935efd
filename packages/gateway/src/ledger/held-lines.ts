import type { LedgerNotices } from './ledger-notices.ts';

/** Bytes of lines that wait while the disk refuses. */
const MAX_HELD = 4 * 1024 * 1024;

/**
 * Lines that the disk did not take, those of a write together, in their order, as far as there is room; and the count of those
 * that were lost.
 */
export class HeldLines {
  readonly #notices: LedgerNotices;
  #lines: { readonly line: Buffer; readonly rows: number }[] = [];
  #bytes = 0;
  /** Lost rows that no line tells of yet. */
  #untold = 0;
  lost = 0;

  constructor(notices: LedgerNotices) {
    this.#notices = notices;
  }

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  /** `rows`: how many are lost when there is no room for the line. */
  push(line: Buffer, rows: number): void {
    if (this.#bytes + line.length > MAX_HELD) {
      this.lose(rows);
      return;
    }
    this.#lines.push({ line, rows });
    this.#bytes += line.length;
  }

  lose(rows: number): void {
    if (rows === 0) return;
    this.lost += rows;
    this.#untold += rows;
    this.#notices.lost(rows, this.lost);
  }

  /** Hands over what waits until `write` refuses, and in the end a line that tells of what was lost. */
  drain(write: (line: Buffer) => boolean, describeLoss: (rows: number, reason: string) => Buffer): void {
    let taken = 0;
    while (taken < this.#lines.length && write(this.#lines[taken]!.line)) {
      this.#bytes -= this.#lines[taken]!.line.length;
      taken += 1;
    }
    this.#lines = taken === this.#lines.length ? [] : this.#lines.slice(taken);
    if (this.#lines.length > 0 || this.#untold === 0) return;
    if (write(describeLoss(this.#untold, 'disk_full'))) this.#untold = 0;
  }

  /** Nothing will be written any more. */
  giveUp(): void {
    const rows = this.#lines.reduce((sum, line) => sum + line.rows, 0);
    this.#lines = [];
    this.#bytes = 0;
    this.lose(rows);
  }
}
