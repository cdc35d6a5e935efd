import { type Usage, usageClasses } from '../canonical/usage.ts';
import { CellWriter } from './cell-writer.ts';
import { KnownIntents, type KnownKind, type KnownKinds, KnownRows } from './known-kinds.ts';
import type { AttemptRow, AttemptUse, LedgerIntent, LedgerRow, LedgerSubject } from './ledger-row.ts';

/** Attempts of a row that are written down; a plan has far fewer. */
const MAX_ATTEMPTS = 64;

/**
 * Lines of the spool. Each method gives a line, which is valid until the next. A record says
 * first what is its own, an id and numbers; its kind comes last, in one cell, so that neither who writes it nor who reads it
 * looks twice at what thousands have in common. Behind it is the number of the kind, by which later lines of the same write
 * name it: what leaves in one write is there or lost together. No other kind of the spool has that number.
 */
export class RecordEncoder {
  readonly #cells = new CellWriter();
  readonly #intents = new KnownIntents();
  readonly #rows = new KnownRows();
  #write = 1;
  #lastNumber = 0;

  /** The lines from now on leave in another write: none of them needs what was said before. */
  nextWrite(): void {
    this.#write += 1;
  }

  /** Before the first upstream is asked. */
  begin(ticket: number, intent: LedgerIntent): Buffer {
    const cells = this.#cells;
    const known = this.#intents.find(intent);
    const isSaid = known?.saidIn === this.#write;
    cells.begin(isSaid ? 'b' : 'B');
    cells.count(ticket);
    cells.once(intent.subject.requestId);
    cells.rounded(intent.startedAt);
    cells.open();
    writeNumbers(cells, intent);
    cells.close();
    if (isSaid) cells.count(known.number);
    else this.#say(intent, known, this.#intents, writeIntentKind);
    return cells.end();
  }

  /** An exchange that has ended, whether it has begun in the spool or not. */
  row(ticket: number, row: LedgerRow): Buffer {
    const cells = this.#cells;
    const known = this.#rows.find(row);
    const isSaid = known?.saidIn === this.#write;
    cells.begin(isSaid ? 'r' : 'R');
    cells.count(ticket);
    cells.once(row.subject.requestId);
    cells.rounded(row.endedAt);
    cells.rounded(row.durationMs * 1_000);
    if (row.firstByteMs === undefined) cells.nothing();
    else cells.rounded(row.firstByteMs * 1_000);
    cells.rounded(row.queuedMs * 1_000);
    cells.rounded(row.overheadMs * 1_000);
    cells.open();
    const count = Math.min(row.attempts.length, MAX_ATTEMPTS);
    for (let index = 0; index < count; index++) {
      const attempt = row.attempts[index]!;
      cells.open();
      cells.rounded(attempt.durationMs * 1_000);
      writeNumbers(cells, attempt);
      cells.close();
    }
    cells.close();
    if (isSaid) cells.count(known.number);
    else this.#say(row, known, this.#rows, writeRowKind);
    return cells.end();
  }

  /** Rows that could not be kept; `at` in milliseconds since 1970. */
  lost(at: number, count: number, reason: string): Buffer {
    this.#cells.begin('L');
    this.#cells.rounded(at);
    this.#cells.count(count);
    this.#cells.text(reason);
    return this.#cells.end();
  }

  /** Nothing comes after it: the process ended in good order. */
  closed(): Buffer {
    this.#cells.begin('C');
    return this.#cells.end();
  }

  /** The kind and its number: from memory where it is known, by `write` where it is new. */
  #say<Given extends LedgerIntent | LedgerRow>(
    given: Given,
    known: KnownKind<Given> | undefined,
    kinds: KnownKinds<Given>,
    write: (cells: CellWriter, given: Given) => void,
  ): void {
    const cells = this.#cells;
    if (known !== undefined) {
      cells.append(known.cells);
      cells.count(known.number);
      known.saidIn = this.#write;
      return;
    }
    const { length: at } = cells;
    write(cells, given);
    this.#lastNumber += 1;
    kinds.learn({ of: given, cells: cells.since(at), number: this.#lastNumber, saidIn: this.#write });
    cells.count(this.#lastNumber);
  }
}

function writeIntentKind(cells: CellWriter, intent: LedgerIntent): void {
  cells.open();
  writeSubject(cells, intent.subject);
  cells.text(intent.targetId);
  cells.text(intent.provider);
  cells.text(intent.targetModel);
  writeUse(cells, intent);
  cells.close();
}

function writeRowKind(cells: CellWriter, row: LedgerRow): void {
  cells.open();
  writeSubject(cells, row.subject);
  cells.text(row.outcome);
  cells.rounded(row.status);
  cells.text(row.failure);
  cells.text(row.provider);
  cells.text(row.targetId);
  cells.text(row.targetModel);
  cells.text(row.responseModel);
  cells.count(row.isShared ? 1 : 0);
  cells.text(row.recovered);
  cells.open();
  for (const attempt of row.attempts.slice(0, MAX_ATTEMPTS)) writeAttempt(cells, attempt);
  cells.close();
  cells.close();
}

/** But for the id. The first cell is a text: by that a kind is found in its line. */
function writeSubject(cells: CellWriter, subject: LedgerSubject): void {
  cells.text(subject.operation);
  cells.count(subject.isStream ? 1 : 0);
  cells.text(subject.principal);
  cells.text(subject.organisation);
  cells.text(subject.tenant);
  cells.text(subject.team);
  cells.text(subject.keyId);
  cells.text(subject.requestedModel);
  cells.text(subject.modelLabel);
  cells.text(subject.shadowOf);
}

function writeAttempt(cells: CellWriter, attempt: AttemptRow): void {
  cells.open();
  cells.text(attempt.targetId);
  cells.text(attempt.provider);
  cells.text(attempt.model);
  cells.text(attempt.outcome);
  cells.rounded(attempt.status);
  writeUse(cells, attempt);
  cells.close();
}

function writeUse(cells: CellWriter, { isEstimated, unknownCost, priceSource, serviceTier }: AttemptUse): void {
  cells.count(isEstimated ? 1 : 0);
  cells.text(unknownCost);
  cells.text(priceSource);
  cells.text(serviceTier);
}

/** What it cost, and the tokens: none where the usage is not known, all classes where there are others than two. */
function writeNumbers(cells: CellWriter, { cost, usage }: AttemptUse): void {
  if (cost === undefined) cells.nothing();
  else cells.count(cost);
  if (usage === undefined) return;
  cells.count(usage.input);
  cells.count(usage.output);
  if (hasClasses(usage)) for (const name of usageClasses) cells.count(usage[name] ?? 0);
}

function hasClasses(usage: Usage): boolean {
  const { cachedInput, cacheWriteInput, cacheWriteHourInput, reasoning, audioInput, audioOutput } = usage;
  const { imageInput, imageOutput, cachedAudioInput, cachedImageInput } = usage;
  if (cachedInput || cacheWriteInput || cacheWriteHourInput || reasoning || audioInput || audioOutput) return true;
  return Boolean(imageInput || imageOutput || cachedAudioInput || cachedImageInput);
}
