import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLedgerBench, type LedgerBench } from './ledger-bench.fixture.ts';
import { createLedgerNotices } from './ledger-notices.ts';
import { sampleIntent, sampleRow } from './ledger-row.fixture.ts';
import { RecordEncoder } from './record-encoder.ts';
import { names, serve } from './spooled-exchanges.fixture.ts';

let bench: LedgerBench;
beforeEach(() => {
  bench = createLedgerBench();
});
afterEach(() => bench.remove());

describe('a file of another version of the gateway was renamed as if it were damaged', () => {
  /** Lets a spool of a process that is gone be one of another format. */
  function leave(ending: string) {
    const spool = bench.spool();
    serve(spool, names('a', 3));
    spool.close();
    const file = `${spool.name}-000001${ending}`;
    renameSync(join(bench.directory, `${spool.name}-000001.v2.log`), join(bench.directory, file));
    bench.states.set(spool.name, 'dead');
    return { file, spool: spool.name };
  }

  it.each([
    ['.log', 'format 0 of 7 lines'],
    ['.v3.log', 'format 3 of 7 lines'],
  ])('%s: it is left as it is, and told of once', async (ending, told) => {
    const { file } = leave(ending);
    const bytes = readFileSync(join(bench.directory, file));
    const own = bench.spool();
    serve(own, ['own']);
    const drain = bench.drain();
    for (let pass = 0; pass < 3; pass++) await drain.pass();
    expect(bench.store.ids()).toEqual(['own']);
    expect(bench.notices.told).toEqual([told]);
    expect(readFileSync(join(bench.directory, file))).toEqual(bytes);
    own.close();
    await drain.stop(60_000);
    expect(bench.files()).toEqual([file]);
  });

  it('but not while a process of that version writes it', async () => {
    const { file, spool } = leave('.v3.log');
    bench.states.set(spool, 'alive');
    const drain = bench.drain();
    await drain.pass();
    expect([bench.notices.told, bench.files()]).toEqual([[], [file]]);
    bench.states.set(spool, 'dead');
    await drain.pass();
    expect(bench.notices.told).toEqual(['format 3 of 7 lines']);
    await drain.stop(60_000);
  });

  it.each(['.log', '.v3.log', '.v2.log.damaged'])(
    '%s: what it takes let every request be refused for ever',
    (ending) => {
      leave(ending);
      const own = bench.spool({ whenFull: 'refuse', maxBytes: 1_000 });
      expect(own.isFull).toBe(false);
      serve(own, ['own']);
      bench.clock.advance(5_000);
      expect(own.isFull).toBe(false);
      serve(own, names('more', 2));
      expect(own.isFull).toBe(true);
      own.close();
    },
  );

  it.each(['.log', '.v3.log', '.v2.log.damaged'])('%s: what it takes costs no rows of this version', async (ending) => {
    leave(ending);
    const own = bench.spool({ segmentBytes: 200 });
    serve(own, names('own', 4));
    bench.store.isAway = true;
    const drain = bench.drain({ maxBytes: own.spooledBytes });
    await drain.pass();
    bench.store.isAway = false;
    await drain.pass();
    expect([bench.store.ids(), drain.dropped]).toEqual([names('own', 4), 0]);
    own.close();
    await drain.stop(60_000);
  });

  it('and the log says which version, how many lines, and what to do', async () => {
    const lines: object[] = [];
    const note = (_target: string, message: string, fields?: object) => void lines.push({ message, ...fields });
    const notices = createLedgerNotices({ error: note, warn: note, info: note }, bench.clock);
    const older = join(bench.directory, leave('.log').file);
    const newer = join(bench.directory, leave('.v12.log').file);
    const drain = bench.drain({ notices });
    await drain.stop(60_000);
    expect(lines).toMatchObject([
      {
        file: older,
        lines: 7,
        format: 0,
        own_format: 2,
        message: expect.stringMatching(/an older version.*start that version/),
      },
      {
        file: newer,
        lines: 7,
        format: 12,
        own_format: 2,
        message: expect.stringMatching(/a newer version.*delete the file/),
      },
    ]);
  });
});

describe('files of format 1, whose lines say their kinds in full', () => {
  /** As they were written: an exchange that began and ended, one that only began, and a loss. */
  const former = [
    'b05dd818 ["B",7,"req-1",1700000000000,[2000,90,50],["chat",0,"app","org","tenant","team","key","large","large",null,"main","acme","large-2",1,null,"config",null]]',
    'f3d9eb39 ["R",7,"req-1",1700000000000,251250,120000,0,500,[[250500,1000,100,20]],["chat",0,"app","org","tenant","team","key","large","large",null,"completed",200,null,"acme","main","large-2","large-2",0,null,[["main","acme","large-2","ok",200,0,null,"config",null]]]]',
    lineOf(
      '["B",8,"req-1",1700000000000,[2000,90,50],["chat",0,"app","org","tenant","team","key","large","large",null,"main","acme","large-2",1,null,"config",null]]',
    ),
    'a310259a ["L",1700000000000,3,"backlog"]',
  ];

  function leave(spool: string): string {
    const file = join(bench.directory, `${spool}-000001.v1.log`);
    mkdirSync(bench.directory, { recursive: true });
    writeFileSync(file, `${former.join('\n')}\n`);
    return file;
  }

  it.each(['dead', 'unseen'] as const)('are read when their process is gone: it is %s', async (state) => {
    const spool = 'spool-9-here.1.a';
    bench.states.set(spool, state);
    const file = leave(spool);
    const drain = bench.drain();
    await drain.pass();
    expect(existsSync(file)).toBe(false);
    bench.states.set(spool, 'dead');
    await drain.pass();
    expect([...bench.store.rows.values()]).toEqual([
      sampleRow(),
      expect.objectContaining({ outcome: 'interrupted', subject: sampleRow().subject }),
    ]);
    expect(bench.store.losses).toEqual([[3, 'backlog']]);
    expect([bench.notices.told, bench.files()]).toEqual([['interrupted 1'], []]);
    await drain.stop(60_000);
  });

  it('are left to a process of that version while it lives', async () => {
    const file = leave('spool-9-here.1.a');
    bench.states.set('spool-9-here.1.a', 'alive');
    const drain = bench.drain();
    await drain.pass();
    expect([existsSync(file), bench.store.ids(), bench.notices.told]).toEqual([true, [], []]);
    await drain.stop(60_000);
  });

  it('are left, and told of, where they cannot be taken over', async () => {
    const spool = 'spool-9-here.1.a';
    bench.states.set(spool, 'dead');
    leave(spool);
    // Something else has the name.
    mkdirSync(join(bench.directory, `${spool}-000001.v2.log`, 'x'), { recursive: true });
    const drain = bench.drain();
    await drain.pass();
    expect(bench.notices.told[0]).toBe('format 1 of 4 lines');
    await drain.stop(60_000);
  });
});

/*
 * These are the lines of format 2. Whoever has to change them here gives SPOOL_FORMAT another number, unless what read the
 * lines before reads those as well.
 */
it('lines of format 2 are what they were', () => {
  const encoder = new RecordEncoder();
  const textOf = (line: Buffer) => line.toString().trimEnd();
  expect([
    textOf(encoder.begin(7, sampleIntent())),
    textOf(encoder.row(7, sampleRow())),
    textOf(encoder.begin(8, sampleIntent())),
    textOf(encoder.row(8, sampleRow())),
    textOf(encoder.lost(1_700_000_000_000, 3, 'backlog')),
    textOf(encoder.closed()),
  ]).toEqual([
    'cd7e4881 ["B",7,"req-1",1700000000000,[2000,90,50],["chat",0,"app","org","tenant","team","key","large","large",null,"main","acme","large-2",1,null,"config",null],1]',
    'd51c2c33 ["R",7,"req-1",1700000000000,251250,120000,0,500,[[250500,1000,100,20]],["chat",0,"app","org","tenant","team","key","large","large",null,"completed",200,null,"acme","main","large-2","large-2",0,null,[["main","acme","large-2","ok",200,0,null,"config",null]]],2]',
    '140a5dc4 ["b",8,"req-1",1700000000000,[2000,90,50],1]',
    '9e6552b8 ["r",8,"req-1",1700000000000,251250,120000,0,500,[[250500,1000,100,20]],2]',
    'a310259a ["L",1700000000000,3,"backlog"]',
    '436e3682 ["C"]',
  ]);
});

function lineOf(json: string): string {
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}`;
}
