import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeIntent, RecordDecoder } from './decode-record.ts';
import { sampleAttempt, sampleIntent, sampleRow, sampleSubject } from './ledger-row.fixture.ts';
import type { LedgerIntent, LedgerRow } from './ledger-row.ts';
import { RecordEncoder } from './record-encoder.ts';
import { HEAD, readLines, sealLine } from './record-line.ts';
import { SaidKinds } from './said-kinds.ts';

const subjects = [sampleSubject(), sampleSubject({ keyId: 'ö"[' }), sampleSubject({ requestedModel: 'm'.repeat(300) })];
const attempts = [
  [],
  [sampleAttempt()],
  [sampleAttempt({ usage: { input: 1, output: 2, reasoning: 1 } })],
  [sampleAttempt({ outcome: 'timeout' }), sampleAttempt()],
];
type Given = { readonly row: LedgerRow } | { readonly intent: LedgerIntent } | 'next write';
const given: fc.Arbitrary<Given> = fc.oneof(
  fc.constantFrom(...subjects).map((subject) => ({ intent: sampleIntent({ subject }) })),
  fc
    .tuple(fc.constantFrom(...subjects), fc.constantFrom(...attempts))
    .map(([subject, made]) => ({ row: sampleRow({ subject, attempts: made }) })),
  fc.constant('next write' as const),
);

interface Told {
  readonly line: Buffer;
  readonly what: LedgerRow | LedgerIntent;
}

/** The lines of each write, with what they were given. */
function encoded(all: readonly Given[]): readonly (readonly Told[])[] {
  const encoder = new RecordEncoder();
  const writes: Told[][] = [[]];
  for (const [index, one] of all.entries()) {
    if (one === 'next write') {
      encoder.nextWrite();
      writes.push([]);
      continue;
    }
    const line = 'row' in one ? encoder.row(index, one.row) : encoder.begin(index, one.intent);
    writes.at(-1)!.push({ line: Buffer.from(line), what: 'row' in one ? one.row : one.intent });
  }
  return writes;
}

function decoded(decoder: RecordDecoder, line: Buffer): unknown {
  const record = decoder.decode(readLines(line).lines[0]!);
  if (record?.kind === 'row') return record.row;
  return record?.kind === 'begin' ? decodeIntent(record.json) : record;
}

/** What is kept of long names. */
function cut(what: LedgerRow | LedgerIntent): unknown {
  const { requestedModel } = what.subject;
  return { ...what, subject: { ...what.subject, requestedModel: requestedModel?.slice(0, 256) } };
}

describe('kinds that were said', () => {
  it('are named by later lines of their write, which is all that is needed to read them', () => {
    fc.assert(
      fc.property(fc.array(given, { maxLength: 40 }), (all) => {
        for (const write of encoded(all)) {
          const decoder = new RecordDecoder();
          expect(write.map(({ line }) => decoded(decoder, line))).toEqual(write.map(({ what }) => cut(what)));
        }
      }),
    );
  });

  it('are never taken for others, whatever lines are lost', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(given, fc.boolean()), { maxLength: 40 }), (all) => {
        const decoder = new RecordDecoder();
        const told = encoded(all.map(([one]) => one)).flat();
        const isLost = all.filter(([one]) => one !== 'next write').map(([, lost]) => lost);
        for (const [index, { line, what }] of told.entries()) {
          if (isLost[index]) continue;
          const read = decoded(decoder, line);
          if (read !== undefined) expect(read).toEqual(cut(what));
        }
      }),
    );
  });

  it("are named at the very end of what is a row's own, or it is none", () => {
    const [said, short] = encoded([{ row: sampleRow() }, { row: sampleRow() }]).flat();
    const decoder = new RecordDecoder();
    decoded(decoder, said!.line);
    const json = short!.line.toString('utf8', HEAD, short!.line.length - 1);
    const lineOf = (text: string): Buffer => {
      const bytes = Buffer.from(`${' '.repeat(HEAD)}${text} `);
      sealLine(bytes, bytes.length - 1, crc32(text));
      return bytes;
    };
    expect(decoded(decoder, lineOf(json))).toEqual(sampleRow());
    for (const odd of [',7', ',"x"', ',[1]']) {
      expect(decoded(decoder, lineOf(json.replace(/,\d+\]$/, `${odd}$&`)))).toBeUndefined();
    }
  });

  it('make the lines of sixteen exchanges of two targets that leave together little more than a third as long', () => {
    const [keyId, team, organisation] = ['a', 'b', 'c'].map((letter) => letter.repeat(36));
    const subject = sampleSubject({ requestId: `req-${'d'.repeat(24)}`, keyId, team, organisation });
    const exchanges = Array.from({ length: 16 }, (_, index): readonly Given[] => {
      const targetId = `backends/${index % 2}`;
      return [{ intent: sampleIntent({ subject, targetId }) }, { row: sampleRow({ subject, targetId }) }];
    });
    const bytesOf = (all: readonly Given[]) =>
      Buffer.concat(encoded(all).flatMap((write) => write.map(({ line }) => line)));
    const alone = exchanges.flat().flatMap((one): readonly Given[] => [one, 'next write']);
    expect(bytesOf(exchanges.flat()).length).toBeLessThan(bytesOf(alone).length * 0.37);
    expect(bytesOf(['next write', ...alone]).length).toBe(bytesOf(alone).length);
  });

  it('are forgotten rather than all remembered, the latest last', () => {
    const kinds = new SaidKinds<number>();
    for (let number = 1; number <= 10_000; number++) {
      kinds.set(number, number);
      const first = Math.max(1, number - 500);
      expect([kinds.get(number), kinds.get(first)]).toEqual([number, first]);
    }
    expect(kinds.get(1)).toBeUndefined();
  });
});
