import type { Usage } from '../canonical/usage.ts';
import { CellWriter } from './cell-writer.ts';
import { KnownSubjects } from './known-subjects.ts';
import type { AttemptRow, AttemptUse, LedgerIntent, LedgerRow, LedgerSubject } from './ledger-row.ts';

/** Attempts of a row that are written down; a plan has far fewer. */
const MAX_ATTEMPTS = 64;

/** Lines of the spool. Each method gives the length of the line in `bytes`, which is valid until the next. */
export class RecordEncoder {
  readonly #cells = new CellWriter();
  readonly #subjects = new KnownSubjects();

  get bytes(): Buffer {
    return this.#cells.bytes;
  }

  /** Before the first upstream is asked. */
  begin(ticket: number, intent: LedgerIntent): number {
    const cells = this.#cells;
    cells.begin('B');
    cells.count(ticket);
    this.#subject(intent.subject);
    cells.rounded(intent.startedAt);
    cells.text(intent.targetId);
    cells.text(intent.provider);
    cells.text(intent.targetModel);
    writeUse(cells, intent);
    return cells.end();
  }

  /** An exchange that has ended, whether it has begun in the spool or not. */
  row(ticket: number, row: LedgerRow): number {
    const cells = this.#cells;
    cells.begin('R');
    cells.count(ticket);
    this.#subject(row.subject);
    cells.rounded(row.endedAt);
    cells.text(row.outcome);
    cells.rounded(row.status);
    cells.text(row.failure);
    cells.text(row.provider);
    cells.text(row.targetId);
    cells.text(row.targetModel);
    cells.text(row.responseModel);
    cells.count(row.isShared ? 1 : 0);
    cells.text(row.recovered);
    cells.rounded(row.durationMs * 1_000);
    if (row.firstByteMs === undefined) cells.nothing();
    else cells.rounded(row.firstByteMs * 1_000);
    cells.rounded(row.queuedMs * 1_000);
    cells.rounded(row.overheadMs * 1_000);
    cells.open();
    const count = Math.min(row.attempts.length, MAX_ATTEMPTS);
    for (let index = 0; index < count; index++) writeAttempt(cells, row.attempts[index]!);
    cells.close();
    return cells.end();
  }

  #subject(subject: LedgerSubject): void {
    const cells = this.#cells;
    cells.name(subject.requestId);
    const known = this.#subjects.find(subject);
    if (known !== undefined) {
      cells.cells(known);
      return;
    }
    const { at } = cells;
    writeSubject(cells, subject);
    this.#subjects.learn(subject, cells.since(at));
  }

  /** Rows that could not be kept; `at` in milliseconds since 1970. */
  lost(at: number, count: number, reason: string): number {
    this.#cells.begin('L');
    this.#cells.rounded(at);
    this.#cells.count(count);
    this.#cells.text(reason);
    return this.#cells.end();
  }

  /** Nothing comes after it: the process ended in good order. */
  closed(): number {
    this.#cells.begin('C');
    return this.#cells.end();
  }
}

/** What stands behind the id. */
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
  cells.rounded(attempt.durationMs * 1_000);
  writeUse(cells, attempt);
  cells.close();
}

function writeUse(cells: CellWriter, use: AttemptUse): void {
  const { usage, isEstimated, cost, unknownCost, priceSource, serviceTier } = use;
  cells.count(isEstimated ? 1 : 0);
  if (cost === undefined) cells.nothing();
  else cells.count(cost);
  cells.text(unknownCost);
  cells.text(priceSource);
  if (usage === undefined) cells.nothing();
  else writeUsage(cells, usage);
  // Few have one, and a record without it is read by older versions too.
  if (serviceTier !== undefined) cells.text(serviceTier);
}

function writeUsage(cells: CellWriter, usage: Usage): void {
  const { cachedInput, cacheWriteInput, cacheWriteHourInput, reasoning, audioInput, audioOutput } = usage;
  cells.open();
  cells.count(usage.input);
  cells.count(usage.output);
  const { imageInput, imageOutput, cachedAudioInput, cachedImageInput } = usage;
  const hasImages = Boolean(imageInput || imageOutput || cachedAudioInput || cachedImageInput);
  if (cachedInput || cacheWriteInput || cacheWriteHourInput || reasoning || audioInput || audioOutput || hasImages) {
    cells.count(cachedInput ?? 0);
    cells.count(cacheWriteInput ?? 0);
    cells.count(cacheWriteHourInput ?? 0);
    cells.count(reasoning ?? 0);
    cells.count(audioInput ?? 0);
    cells.count(audioOutput ?? 0);
    if (hasImages) {
      cells.count(imageInput ?? 0);
      cells.count(imageOutput ?? 0);
      cells.count(cachedAudioInput ?? 0);
      cells.count(cachedImageInput ?? 0);
    }
  }
  cells.close();
}
