import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecordDecoder } from './decode-record.ts';
import { fullDisk } from './full-disk.fixture.ts';
import { createLedgerBench, type LedgerBench } from './ledger-bench.fixture.ts';
import { sampleIntent, sampleRow, sampleSubject } from './ledger-row.fixture.ts';
import { readLines } from './record-line.ts';
import { type OpenSpoolFile, openSpoolFile } from './spool-file.ts';

let bench: LedgerBench;
beforeEach(() => {
  bench = createLedgerBench();
});
afterEach(() => bench.remove());

const decoder = new RecordDecoder();
const kinds = () => readLines(Buffer.from(bench.text())).lines.map((line) => decoder.decode(line)!.kind);

/** A disk that counts the writes, and turns that end when the test says so. */
function countedTurns() {
  const ends: (() => void)[] = [];
  let writes = 0;
  const openFile: OpenSpoolFile = (path) => {
    const file = openSpoolFile(path);
    return {
      ...file,
      write(buffer, offset, length) {
        writes += 1;
        return file.write(buffer, offset, length);
      },
    };
  };
  const endTurn = (): void => {
    for (const end of ends.splice(0)) end();
  };
  return { openFile, atTurnEnd: (end: () => void) => void ends.push(end), endTurn, writes: () => writes };
}

describe('a turn of the event loop', () => {
  it('has all its lines written at once when it ends', () => {
    const { endTurn, writes, ...turns } = countedTurns();
    const spool = bench.spool(turns);
    for (let count = 0; count < 5; count++) spool.end(spool.begin(sampleIntent()), sampleRow());
    expect([kinds(), writes()]).toEqual([[], 0]);
    endTurn();
    expect([kinds().length, writes()]).toEqual([10, 1]);
    spool.end(0, sampleRow());
    endTurn();
    expect([kinds().length, writes()]).toEqual([11, 2]);
    spool.close();
  });

  it('has them written earlier when somebody is to be told of them', () => {
    const { endTurn, writes, ...turns } = countedTurns();
    const spool = bench.spool(turns);
    spool.begin(sampleIntent());
    spool.flush();
    expect(kinds()).toEqual(['begin']);
    spool.flush();
    endTurn();
    expect(writes()).toBe(1);
    spool.close();
  });

  it('has the last of them written when the spool is closed', () => {
    const { endTurn: _, writes, ...turns } = countedTurns();
    const spool = bench.spool(turns);
    spool.end(0, sampleRow());
    spool.close();
    expect([kinds(), writes()]).toEqual([['row', 'closed'], 1]);
  });

  it('may bring more lines than are gathered, and longer ones', () => {
    const { endTurn, writes, ...turns } = countedTurns();
    const spool = bench.spool(turns);
    const long = sampleSubject({ requestedModel: 'm'.repeat(100_000) });
    spool.end(0, sampleRow());
    spool.end(0, sampleRow({ subject: long }));
    for (let count = 0; count < 1_000; count++) spool.end(0, sampleRow());
    endTurn();
    expect(kinds()).toHaveLength(1_002);
    expect(writes()).toBeLessThan(20);
    spool.close();
  });

  it('brings writes each of which can be read without the others, however many lines they hold', () => {
    const written: Buffer[] = [];
    const openFile: OpenSpoolFile = (path) => ({
      ...openSpoolFile(path),
      write(buffer, offset, length) {
        written.push(Buffer.from(buffer.subarray(offset, offset + length)));
        return length;
      },
    });
    const { atTurnEnd, endTurn } = countedTurns();
    const spool = bench.spool({ openFile, atTurnEnd });
    const subjects = Array.from({ length: 40 }, (_, index) =>
      sampleSubject({ keyId: `key-${index}`, requestedModel: 'm'.repeat(index === 0 ? 100_000 : 10 * index) }),
    );
    for (let count = 0; count < 2_000; count++) {
      const subject = subjects[(count * 7) % subjects.length]!;
      spool.end(spool.begin(sampleIntent({ subject })), sampleRow({ subject }));
    }
    endTurn();
    spool.close();
    expect(written.length).toBeGreaterThan(5);
    const read = written.map((bytes) => {
      const alone = new RecordDecoder();
      return readLines(bytes).lines.map((line) => alone.decode(line)?.kind);
    });
    const pairs = Array.from({ length: 2_000 }, () => ['begin', 'row']).flat();
    expect(read.flat()).toEqual([...pairs, 'closed']);
  });

  it('whose lines the disk refuses keeps each of them, in their order', () => {
    const { openFile, setRoom } = fullDisk();
    const { atTurnEnd, endTurn } = countedTurns();
    const spool = bench.spool({ openFile, atTurnEnd });
    setRoom(600);
    for (let count = 0; count < 3; count++) spool.end(spool.begin(sampleIntent()), sampleRow());
    endTurn();
    spool.end(0, sampleRow());
    endTurn();
    expect(kinds()).toEqual([]);
    setRoom(Number.POSITIVE_INFINITY);
    bench.clock.advance(250);
    expect(kinds()).toEqual(['begin', 'row', 'begin', 'row', 'begin', 'row', 'row']);
    expect(spool.lost).toBe(0);
    spool.close();
  });
});
