import { expect, it } from 'vitest';
import { decodeIntent, RecordDecoder } from './decode-record.ts';
import { sampleAttempt, sampleIntent, sampleRow } from './ledger-row.fixture.ts';
import type { AttemptRow, LedgerIntent, LedgerRow } from './ledger-row.ts';
import { RecordEncoder } from './record-encoder.ts';
import { readLines } from './record-line.ts';

const encoder = new RecordEncoder();
const decoder = new RecordDecoder();
const lineOf = (line: Buffer) => readLines(line).lines[0]!;
const throughRecord = (row: LedgerRow) => decoder.decode(lineOf(encoder.row(1, row)));
const throughBeginning = (intent: LedgerIntent) => {
  const record = decoder.decode(lineOf(encoder.begin(1, intent)));
  return record?.kind === 'begin' ? decodeIntent(record.json) : undefined;
};

it('a record is of another kind when any fact of it is another', () => {
  const facts: readonly Partial<LedgerRow>[] = [
    { outcome: 'failed' },
    { status: 201 },
    { failure: 'x' },
    { provider: 'x' },
    { targetId: 'niam' },
    { targetModel: 'x' },
    { responseModel: 'x' },
    { isShared: true },
    { recovered: 'x' },
    { attempts: [] },
  ];
  const uses: readonly Partial<AttemptRow>[] = [
    { targetId: 'x' },
    { provider: 'x' },
    { model: 'x' },
    { outcome: 'x' },
    { status: 1 },
    { isEstimated: true },
    { unknownCost: 'x', cost: undefined },
    { priceSource: 'x' },
    { serviceTier: 'x' },
  ];
  const rows = [...facts, ...uses.map((use) => ({ attempts: [sampleAttempt(use)] }))].map(sampleRow);
  // Those that were said already are named by their numbers.
  for (const row of [...rows, ...rows]) {
    expect(throughRecord(sampleRow())).toMatchObject({ row: sampleRow() });
    expect(throughRecord(row)).toMatchObject({ row });
  }
  const intents: readonly Partial<LedgerIntent>[] = [
    { targetId: 'niam' },
    { provider: 'x' },
    { targetModel: 'x' },
    { isEstimated: false },
    { unknownCost: 'x', cost: undefined },
    { priceSource: 'x' },
    { serviceTier: 'x' },
  ];
  for (const intent of [...intents, ...intents].map(sampleIntent)) {
    expect(throughBeginning(sampleIntent())).toEqual(sampleIntent());
    expect(throughBeginning(intent)).toEqual(intent);
  }
});
