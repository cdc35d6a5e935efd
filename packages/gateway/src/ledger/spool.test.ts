import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecordDecoder } from './decode-record.ts';
import { fullDisk } from './full-disk.fixture.ts';
import { createLedgerBench, type LedgerBench } from './ledger-bench.fixture.ts';
import { sampleIntent, sampleRow, sampleSubject } from './ledger-row.fixture.ts';
import { readLines } from './record-line.ts';

let bench: LedgerBench;
beforeEach(() => {
  bench = createLedgerBench();
});
afterEach(() => bench.remove());

const decoder = new RecordDecoder();
const records = () => readLines(Buffer.from(bench.text())).lines.map((line) => decoder.decode(line)!);
const kinds = () => records().map(({ kind }) => kind);

describe('a spool', () => {
  it('has written what it was given when it returns', () => {
    const spool = bench.spool();
    const ticket = spool.begin(sampleIntent());
    expect(kinds()).toEqual(['begin']);
    spool.end(ticket, sampleRow());
    spool.end(0, sampleRow());
    expect(kinds()).toEqual(['begin', 'row', 'row']);
    spool.close();
    spool.close();
    expect(kinds()).toEqual(['begin', 'row', 'row', 'closed']);
    expect(bench.notices.told).toEqual([]);
  });

  it('numbers exchanges', () => {
    const spool = bench.spool();
    expect([spool.begin(sampleIntent()), spool.begin(sampleIntent())]).toEqual([1, 2]);
    spool.end(0, sampleRow());
    expect(spool.begin(sampleIntent())).toBe(4);
    spool.close();
  });

  it('is readable for its user alone', () => {
    bench.spool().close();
    expect(statSync(bench.directory).mode & 0o777).toBe(0o700);
    expect(statSync(join(bench.directory, bench.files()[0]!)).mode & 0o777).toBe(0o600);
  });

  it('never writes into a file of another', () => {
    const spool = bench.spool();
    expect(() => bench.spool({ newName: () => spool.name })).toThrow('EEXIST');
    spool.close();
  });

  it('says when its folder cannot be made', () => {
    writeFileSync(join(bench.directory, '..', 'file'), '');
    expect(() => bench.spool({ directory: join(bench.directory, '..', 'file') })).toThrow(/EEXIST|ENOTDIR/);
  });

  it('begins a new segment when one is full', () => {
    const spool = bench.spool({ segmentBytes: 1_000 });
    for (let count = 0; count < 10; count++) spool.end(spool.begin(sampleIntent()), sampleRow());
    spool.close();
    expect(bench.files().length).toBeGreaterThan(3);
    expect(kinds()).toHaveLength(21);
    for (const file of bench.files()) expect(statSync(join(bench.directory, file)).size).toBeLessThan(1_500);
  });

  it('begins a new segment when one is old, and not when nothing is in it', () => {
    const spool = bench.spool({ segmentMs: 60_000 });
    bench.clock.advance(120_000);
    expect(bench.files()).toHaveLength(1);
    spool.end(0, sampleRow());
    bench.clock.advance(60_000);
    expect(bench.files()).toHaveLength(2);
    spool.close();
    expect(bench.clock.pending()).toBe(0);
  });

  it('touches its segment, so that it is not taken for left', () => {
    const spool = bench.spool();
    bench.clock.advance(30_000);
    const touched = statSync(join(bench.directory, bench.files()[0]!)).mtimeMs;
    expect(Math.abs(touched - bench.clock.wallNow())).toBeLessThan(5_000);
    spool.close();
  });

  it('goes on elsewhere when its files were deleted, and says so', () => {
    const spool = bench.spool();
    rmSync(bench.directory, { recursive: true });
    bench.clock.advance(5_000);
    spool.end(0, sampleRow());
    expect(bench.notices.told).toEqual(['vanished']);
    // Under another name: whoever deleted the file looks no more at the old one.
    expect(bench.files()).toEqual(['spool-1-here.1.2-000001.v2.log']);
    expect(kinds()).toEqual(['row']);
    spool.close();
  });

  it('orders the disk to keep what was written, where it is told to', async () => {
    const spool = bench.spool({ syncMs: 100 });
    spool.end(0, sampleRow());
    bench.clock.advance(250);
    spool.close();
    expect(bench.clock.pending()).toBe(0);
    expect(bench.notices.told).toEqual([]);
  });
});

describe('a disk that is full', () => {
  it('loses nothing that memory can hold until there is room, and keeps no half line', () => {
    const { openFile, setRoom } = fullDisk();
    const spool = bench.spool({ openFile });
    spool.end(0, sampleRow());
    setRoom(50);
    for (let count = 0; count < 3; count++) spool.end(spool.begin(sampleIntent()), sampleRow());
    expect(bench.notices.told).toEqual(['refused ENOSPC']);
    expect(bench.text()).toMatch(/\n$/);
    expect(kinds()).toEqual(['row']);
    bench.clock.advance(250);
    expect(kinds()).toEqual(['row']);
    setRoom(Number.POSITIVE_INFINITY);
    bench.clock.advance(250);
    expect(kinds()).toEqual(['row', ...Array.from({ length: 3 }, () => ['begin', 'row']).flat()]);
    expect(spool.lost).toBe(0);
    spool.close();
    expect(kinds().at(-1)).toBe('closed');
    expect(bench.clock.pending()).toBe(0);
  });

  it('has what memory could not hold counted and told', () => {
    const { openFile, setRoom } = fullDisk();
    const spool = bench.spool({ openFile });
    setRoom(0);
    const long = sampleRow({ subject: sampleSubject({ requestedModel: 'm'.repeat(250) }) });
    for (let count = 0; count < 12_000; count++) spool.end(0, long);
    const { lost } = spool;
    expect(lost).toBeGreaterThan(1_000);
    setRoom(Number.POSITIVE_INFINITY);
    bench.clock.advance(250);
    spool.close();
    const told = records();
    expect(told.filter(({ kind }) => kind === 'row')).toHaveLength(12_000 - lost);
    expect(told.at(-2)).toMatchObject({ kind: 'lost', count: lost, reason: 'disk_full' });
  });

  it('goes on in the same segment when the next cannot be made', () => {
    const { openFile, setRoom } = fullDisk();
    const spool = bench.spool({ openFile, segmentBytes: 500 });
    setRoom(600);
    for (let count = 0; count < 20; count++) spool.end(0, sampleRow());
    setRoom(Number.POSITIVE_INFINITY);
    bench.clock.advance(250);
    spool.close();
    expect(kinds()).toHaveLength(21);
    expect(bench.files().length).toBeGreaterThan(2);
  });

  it('begins another segment where the half line cannot be taken away', () => {
    const { openFile, setRoom } = fullDisk();
    const refuse = () => {
      throw new Error('no');
    };
    const spool = bench.spool({ openFile: (path) => ({ ...openFile(path), cutTo: refuse }) });
    setRoom(50);
    spool.end(0, sampleRow());
    setRoom(Number.POSITIVE_INFINITY);
    bench.clock.advance(250);
    spool.close();
    expect(bench.files()).toHaveLength(2);
    expect(kinds()).toEqual(['closed']);
    expect(bench.text()).toContain('"completed"');
  });

  it('refuses requests where that is asked for', () => {
    const { openFile, setRoom } = fullDisk();
    const spool = bench.spool({ openFile, whenFull: 'refuse' });
    setRoom(0);
    spool.begin(sampleIntent());
    expect(() => spool.begin(sampleIntent())).toThrow(expect.objectContaining({ kind: 'store_unavailable' }));
    setRoom(Number.POSITIVE_INFINITY);
    bench.clock.advance(250);
    expect(spool.begin(sampleIntent())).toBe(2);
    spool.close();
  });

  it('counts what it still has at the end, and what comes after it', () => {
    const { openFile, setRoom } = fullDisk();
    const spool = bench.spool({ openFile });
    setRoom(0);
    spool.end(spool.begin(sampleIntent()), sampleRow());
    spool.close();
    expect(spool.lost).toBe(1);
    spool.end(0, sampleRow());
    expect([spool.lost, bench.notices.told]).toEqual([
      2,
      ['refused ENOSPC', 'refused ENOSPC', 'lost 1 of 1', 'lost 1 of 2'],
    ]);
  });
});

describe('a folder that is full', () => {
  it('refuses requests where that is asked for, until there is room', () => {
    const spool = bench.spool({ whenFull: 'refuse', maxBytes: 1_000 });
    const tickets = [1, 2, 3].map(() => spool.begin(sampleIntent()));
    for (const ticket of tickets) spool.end(ticket, sampleRow());
    expect(() => spool.begin(sampleIntent())).toThrow('not served without it');
    writeFileSync(join(bench.directory, bench.files()[0]!), '');
    bench.clock.advance(5_000);
    expect(spool.begin(sampleIntent())).toBe(4);
    spool.close();
  });

  it('counts what was there before', () => {
    const spool = bench.spool();
    for (let count = 0; count < 10; count++) spool.end(0, sampleRow());
    const other = bench.spool({ whenFull: 'refuse', maxBytes: 1_000 });
    expect(() => other.begin(sampleIntent())).toThrow('not served without it');
    spool.close();
    other.close();
  });

  it('serves on otherwise', () => {
    const spool = bench.spool({ maxBytes: 10 });
    for (let count = 0; count < 10; count++) spool.end(spool.begin(sampleIntent()), sampleRow());
    expect(kinds()).toHaveLength(20);
    spool.close();
  });
});
