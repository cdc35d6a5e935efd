import { expect, it } from 'vitest';
import { KnownKindBytes } from './known-kind-bytes.ts';
import { sampleAttempt, sampleRow, sampleSubject } from './ledger-row.fixture.ts';
import { RecordEncoder } from './record-encoder.ts';
import { readLines } from './record-line.ts';

const encoder = new RecordEncoder();

/** The kind of a row of this model, as `find` is told where it is. */
function placeOf(requestedModel: string): [bytes: Buffer, start: number, end: number] {
  const row = sampleRow({ subject: sampleSubject({ requestedModel }), attempts: [sampleAttempt()] });
  encoder.nextWrite();
  const bytes = Buffer.from(encoder.row(1, row));
  const { cells } = readLines(bytes).lines[0]!;
  cells.takeKindNumber();
  cells.untilKind();
  return [bytes, cells.at, cells.kindEnd];
}

it('a kind is one object for as long as it is remembered', () => {
  const known = new KnownKindBytes();
  const first = known.find(...placeOf('one'));
  expect(first?.subject.requestedModel).toBe('one');
  expect(known.find(...placeOf('eno'))?.subject.requestedModel).toBe('eno');
  expect(known.find(...placeOf('one'))).toBe(first);
});

it('kinds are told apart, however many there are and however like they are', () => {
  const known = new KnownKindBytes();
  const models = Array.from({ length: 3_000 }, (_, index) => `model-${String(index).padStart(6, '0')}`);
  for (let round = 0; round < 2; round++) {
    for (const model of models) expect(known.find(...placeOf(model))?.subject.requestedModel).toBe(model);
  }
});

it('bytes that say no kind are none', () => {
  expect(new KnownKindBytes().find(Buffer.from('["chat"]'), 0, 8)).toBeUndefined();
});
