import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_TEXT } from './cell-writer.ts';
import { decodeIntent, decodeRecord } from './decode-record.ts';
import {
  attemptRows,
  ledgerRows,
  sampleAttempt,
  sampleIntent,
  sampleRow,
  sampleSubject,
  subjects,
} from './ledger-row.fixture.ts';
import type { LedgerSubject } from './ledger-row.ts';
import { RecordEncoder } from './record-encoder.ts';
import { readLines } from './record-line.ts';

/** The JSON of the lines that an encoder writes. */
function createJsonEncoder() {
  const encoder = new RecordEncoder();
  const jsonOf = (length: number): string => {
    const { lines } = readLines(encoder.bytes.subarray(0, length));
    expect(lines).toHaveLength(1);
    return lines[0]!.json;
  };
  return {
    begin: (...given: Parameters<RecordEncoder['begin']>) => jsonOf(encoder.begin(...given)),
    row: (...given: Parameters<RecordEncoder['row']>) => jsonOf(encoder.row(...given)),
    lost: (...given: Parameters<RecordEncoder['lost']>) => jsonOf(encoder.lost(...given)),
    closed: () => jsonOf(encoder.closed()),
  };
}

const encoder = createJsonEncoder();
const json = (record: string): unknown => JSON.parse(record);

describe('a record of the spool', () => {
  it('says of a whole exchange what it was given', () => {
    fc.assert(
      fc.property(fc.nat(), ledgerRows, (ticket, row) => {
        expect(decodeRecord(encoder.row(ticket, row))).toEqual({ kind: 'row', ticket, row });
      }),
    );
  });

  it('says of the beginning of an exchange what it was given', () => {
    fc.assert(
      fc.property(fc.nat(), subjects, attemptRows, (ticket, subject, attempt) => {
        const { usage, isEstimated, cost, unknownCost, priceSource, serviceTier } = attempt;
        const intent = sampleIntent({ subject, usage, isEstimated, cost, unknownCost, priceSource, serviceTier });
        const record = encoder.begin(ticket, intent);
        expect(decodeRecord(record)).toEqual({ kind: 'begin', ticket, json: record });
        expect(decodeIntent(record)).toEqual(intent);
      }),
    );
  });

  it('of a version that knew neither tiers of service nor pictures is read as it was meant', () => {
    const record = encoder.row(
      1,
      sampleRow({ attempts: [sampleAttempt({ usage: { input: 9, output: 8, reasoning: 4 } })] }),
    );
    const attempt = (json(record) as unknown[]).at(-1) as [unknown[]];
    expect(attempt[0].slice(-5)).toEqual([0, 1_000, null, 'config', [9, 8, 0, 0, 0, 4, 0, 0]]);
    expect(decodeRecord(record)).toMatchObject({
      row: { attempts: [{ usage: { input: 9, output: 8, reasoning: 4 } }] },
    });
  });

  it('has every class of tokens, and the tier', () => {
    const usage = {
      input: 1,
      output: 2,
      cachedInput: 3,
      cacheWriteInput: 4,
      cacheWriteHourInput: 5,
      reasoning: 6,
      audioInput: 7,
      audioOutput: 8,
      imageInput: 9,
      imageOutput: 10,
      cachedAudioInput: 11,
      cachedImageInput: 12,
    };
    const row = sampleRow({ attempts: [sampleAttempt({ usage, serviceTier: 'flex' })] });
    expect(decodeRecord(encoder.row(1, row))).toEqual({ kind: 'row', ticket: 1, row });
  });

  it('says whose an exchange is, however like the one before it is', () => {
    const subject = sampleSubject({ keyId: 'key-1', requestedModel: 'one' });
    const others: readonly LedgerSubject[] = [
      { ...subject, requestId: 'another' },
      { ...subject, operation: 'embeddings' },
      { ...subject, isStream: !subject.isStream },
      { ...subject, principal: 'another' },
      { ...subject, organisation: 'another' },
      { ...subject, tenant: 'another' },
      { ...subject, team: 'another' },
      { ...subject, keyId: 'yek-1' },
      { ...subject, requestedModel: 'eon' },
      { ...subject, modelLabel: 'another' },
      { ...subject, shadowOf: 'another' },
      { ...subject, keyId: undefined, requestedModel: undefined },
    ];
    for (const other of others) {
      for (const one of [subject, other, subject, other]) {
        const intent = sampleIntent({ subject: one });
        expect(decodeIntent(encoder.begin(1, intent))).toEqual(intent);
        const row = sampleRow({ subject: one });
        expect(decodeRecord(encoder.row(1, row))).toEqual({ kind: 'row', ticket: 1, row });
      }
    }
  });

  it('is the JSON that anything else would write', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger().map(Math.abs), ledgerRows, (ticket, row) => {
        const text = encoder.row(ticket, row);
        expect(JSON.stringify(JSON.parse(text))).toBe(text);
        expect(text).toContain(`["R",${ticket},${JSON.stringify(row.subject.requestId)}`);
      }),
    );
  });

  it.each([0, 9, 10, 99_999, 999_999_999, 1_000_000_000, 1_000_000_001, 1_700_000_000_000, Number.MAX_SAFE_INTEGER])(
    'has the number %d',
    (count) => {
      expect(decodeRecord(encoder.lost(count, count, 'x'))).toEqual({ kind: 'lost', at: count, count, reason: 'x' });
    },
  );

  it('has names of any characters', () => {
    const names = fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(names, names, (requestId, principal) => {
        const subject = sampleSubject({ requestId, principal });
        const decoded = decodeRecord(encoder.row(1, sampleRow({ subject })));
        expect(decoded?.kind === 'row' && decoded.row.subject).toEqual(subject);
      }),
    );
  });

  it('tells losses and the end of the spool', () => {
    expect(decodeRecord(encoder.lost(5, 7, 'disk_full'))).toEqual({
      kind: 'lost',
      at: 5,
      count: 7,
      reason: 'disk_full',
    });
    expect(decodeRecord(encoder.closed())).toEqual({ kind: 'closed' });
  });

  it('has times to the microsecond', () => {
    const row = sampleRow({ endedAt: 1_700_000_000_000.4, durationMs: 1.234_567, firstByteMs: Number.NaN });
    const decoded = decodeRecord(encoder.row(1, row));
    expect(decoded).toMatchObject({ row: { endedAt: 1_700_000_000_000, durationMs: 1.235, firstByteMs: 0 } });
  });

  it.each([
    ['a fraction', { input: 1.5, output: 1 }],
    ['no number', { input: Number.NaN, output: 1 }],
    ['less than nothing', { input: 1, output: -1 }],
    ['nothing at all', { input: undefined, output: 1 } as unknown as { input: number; output: number }],
    ['a part that is none', { input: 1, output: 1, reasoning: Number.POSITIVE_INFINITY }],
  ])('finds out a usage that is %s', (_what, usage) => {
    const row = sampleRow({ attempts: [sampleAttempt({ usage, cost: undefined, unknownCost: 'no_price' })] });
    const decoded = decodeRecord(encoder.row(1, row));
    expect(decoded).toMatchObject({
      row: { attempts: [{ usage: undefined, cost: undefined, unknownCost: 'no_price' }] },
    });
    const priced = decodeRecord(encoder.row(1, sampleRow({ attempts: [sampleAttempt({ usage })] })));
    expect(priced).toMatchObject({ row: { attempts: [{ cost: undefined, unknownCost: 'implausible_usage' }] } });
  });

  it('holds no more of a text than it must, and nothing that a line or a database cannot', () => {
    const subject = sampleSubject({ requestId: 'x'.repeat(1_000), requestedModel: `a\n\0"\ud800${'ü'.repeat(1_000)}` });
    const record = encoder.row(1, sampleRow({ subject, attempts: Array.from({ length: 500 }, () => sampleAttempt()) }));
    expect(record).not.toContain('\n');
    const decoded = decodeRecord(record);
    if (decoded?.kind !== 'row') throw new Error('not decoded');
    expect(decoded.row.subject.requestId).toHaveLength(MAX_TEXT);
    expect(decoded.row.subject.requestedModel).toHaveLength(MAX_TEXT - 1);
    expect(decoded.row.subject.requestedModel).toMatch(/^a\n"\ufffdü/);
    expect(decoded.row.attempts).toHaveLength(64);
  });

  it('forgets texts rather than remember all that callers make up', () => {
    for (let index = 0; index < 10_000; index++) {
      const subject = sampleSubject({ requestedModel: `model-${index}` });
      expect(json(encoder.row(1, sampleRow({ subject })))).toContain(`model-${index}`);
    }
  });

  it.each([
    '',
    '[]',
    '{}',
    'null',
    '["X",1]',
    '["B",1]',
    '["E","1"]',
    '["F",1,2]',
    '["C"',
    '["L",1,2]',
    '["E",-1,"a"]',
  ])('is none where it says %s', (text) => expect(decodeRecord(text)).toBeUndefined());

  it('is none where any cell is missing', () => {
    const whole = json(encoder.row(1, sampleRow())) as unknown[];
    for (let length = 0; length < whole.length; length++) {
      expect(decodeRecord(JSON.stringify(whole.slice(0, length)))).toBeUndefined();
    }
  });
});
