import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_TEXT } from './cell-writer.ts';
import { decodeIntent, RecordDecoder } from './decode-record.ts';
import {
  attemptRows,
  ledgerRows,
  sampleAttempt,
  sampleIntent,
  sampleRow,
  sampleSubject,
  subjects,
} from './ledger-row.fixture.ts';
import type { LedgerRow, LedgerSubject } from './ledger-row.ts';
import { RecordEncoder } from './record-encoder.ts';
import { Line, readLines } from './record-line.ts';

/** The JSON of the lines that an encoder writes, each in a write of its own. */
function createJsonEncoder() {
  const encoder = new RecordEncoder();
  const jsonOf = (line: Buffer): string => {
    const { lines } = readLines(line);
    expect(lines).toHaveLength(1);
    encoder.nextWrite();
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
const decoder = new RecordDecoder();
/** The line that has this JSON, among others. */
function lineOf(json: string): Line {
  const before = Buffer.from('another line\n12345678 ');
  const bytes = Buffer.concat([before, Buffer.from(`${json}\nand one more\n`)]);
  return new Line(bytes, before.length, before.length + Buffer.byteLength(json) + 1);
}
/** Without what is no part of the record. */
function decodeRecord(text: string) {
  const record = decoder.decode(lineOf(text));
  if (record?.kind !== 'row') return record;
  const { kind, row, sequence } = record;
  return { kind, ticket: sequence, row };
}
const json = (record: string): unknown => JSON.parse(record);
/** What is kept of a beginning. */
function keptOf(text: string): string {
  const record = decodeRecord(text);
  return record !== undefined && 'json' in record ? record.json : '';
}

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
        const whole = JSON.stringify((json(record) as unknown[]).slice(0, -1));
        expect(decodeRecord(record)).toEqual({ kind: 'begin', ticket, json: whole });
        expect(decodeIntent(whole)).toEqual(intent);
      }),
    );
  });

  it('says what is its own first, and its kind in one cell, behind which is the number of that', () => {
    const attempt = sampleAttempt({ usage: { input: 9, output: 8, reasoning: 4 } });
    const own = json(encoder.row(7, sampleRow({ attempts: [attempt] }))) as unknown[];
    expect(own.pop()).toBeGreaterThan(0);
    const kind = own.pop() as unknown[];
    const numbers = [250_500, 1_000, 9, 8, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0];
    expect(own).toEqual(['R', 7, 'req-1', 1_700_000_000_000, 251_250, 120_000, 0, 500, [numbers]]);
    expect(kind.slice(0, 3)).toEqual(['chat', 0, 'app']);
    expect(kind.at(-1)).toEqual([['main', 'acme', 'large-2', 'ok', 200, 0, null, 'config', null]]);
  });

  it('has a kind that is one object for all rows that are alike', () => {
    fc.assert(
      fc.property(ledgerRows, fc.nat(), (row, endedAt) => {
        const alikeOf = (one: LedgerRow) => {
          const record = decoder.decode(lineOf(encoder.row(1, one)));
          return record?.kind === 'row' ? record.alike : undefined;
        };
        const numbers = { subject: { ...row.subject, requestId: 'another' }, endedAt, durationMs: endedAt };
        const attempts = row.attempts.map((attempt) => ({ ...attempt, durationMs: 3 }));
        expect(alikeOf(row)).toBeDefined();
        expect(alikeOf({ ...row, ...numbers, attempts })).toBe(alikeOf(row));
        expect(alikeOf({ ...row, status: row.status + 1 })).not.toBe(alikeOf(row));
        expect(alikeOf({ ...row, attempts: [...attempts, sampleAttempt()] })).not.toBe(alikeOf(row));
      }),
    );
  });

  it('that was damaged in its numbers is like no other', () => {
    const attempts = [sampleAttempt({ usage: { input: -1, output: 1 } })];
    expect(decoder.decode(lineOf(encoder.row(1, sampleRow({ attempts }))))).toMatchObject({ alike: undefined });
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
        expect(decodeIntent(keptOf(encoder.begin(1, intent)))).toEqual(intent);
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
        expect(text).toContain(`["R",${ticket},${JSON.stringify(row.subject.requestId)},`);
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
      expect(encoder.row(1, sampleRow({ subject }))).toContain(`"model-${index}"`);
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

  it.each([
    ['row', () => encoder.row(1, sampleRow()), (text: string) => decodeRecord(text)],
    ['beginning', () => encoder.begin(1, sampleIntent()), (text: string) => decodeIntent(keptOf(text))],
  ])('is none where any cell of a %s is missing', (_what, encode, decode) => {
    const whole = json(encode()) as unknown[];
    const number = whole.at(-1);
    const kind = whole.at(-2) as unknown[];
    const own = whole.slice(0, -2);
    const read = (...cells: readonly unknown[]) => decode(JSON.stringify(cells));
    expect(read(...whole)).toBeDefined();
    for (const odd of [['1'], [-1], [1.5], [{}]]) expect(read(...own, kind, ...odd)).toBeUndefined();
    for (let at = 0; at < own.length; at++) {
      expect(read(...own.toSpliced(at, 1), kind, number)).toBeUndefined();
      expect(read(...own.slice(0, at), {}, ...own.slice(at + 1), kind, number)).toBeUndefined();
    }
    for (let at = 0; at < kind.length; at++) {
      expect(read(...own, kind.toSpliced(at, 1), number)).toBeUndefined();
      expect(read(...own, [...kind.slice(0, at), {}, ...kind.slice(at + 1)], number)).toBeUndefined();
    }
  });

  it('is none where its attempts have no numbers, or numbers of others', () => {
    const whole = json(encoder.row(1, sampleRow())) as unknown[];
    for (const numbers of [
      [],
      [[]],
      [[1]],
      [['1', 2]],
      [[1, 'x']],
      [1],
      [
        [1, 2, 3, 4],
        [1, 2, 3, 4],
      ],
    ]) {
      expect(decodeRecord(JSON.stringify(whole.with(8, numbers)))).toBeUndefined();
    }
  });
});
