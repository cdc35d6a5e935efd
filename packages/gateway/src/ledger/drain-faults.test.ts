import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLedgerBench, hands, type LedgerBench } from './ledger-bench.fixture.ts';
import { intentOf, names, rowNamed, serve } from './spooled-exchanges.fixture.ts';

let bench: LedgerBench;
afterEach(() => bench.remove());

describe.each(hands)('whatever becomes of the file or of the drain, rows going through %s', (through) => {
  beforeEach(() => {
    bench = createLedgerBench(through);
  });

  /** The bytes of a spool with exchanges that overlap, and how many rows are whole at each offset. */
  function overlapping(): { readonly bytes: Buffer; readonly name: string } {
    const spool = bench.spool();
    const tickets = ['a', 'b', 'c', 'd'].map((id) => [id, spool.begin(intentOf(id))] as const);
    for (const [id, ticket] of tickets.toReversed()) spool.end(ticket, rowNamed(id));
    spool.end(0, rowNamed('e'));
    const bytes = readFileSync(join(bench.directory, bench.files()[0]!));
    spool.close();
    return { bytes, name: bench.files()[0]! };
  }

  it('a file cut at any byte has a row for every exchange that is in it, interrupted or not', async () => {
    const { bytes, name } = overlapping();
    const ends = [...bytes.entries()].filter(([, byte]) => byte === 0x0a).map(([index]) => index + 1);
    for (let cut = 0; cut <= bytes.length; cut += 7) {
      const directory = join(bench.directory, `cut-${cut}`);
      mkdirSync(directory);
      writeFileSync(join(directory, name), bytes.subarray(0, cut));
      bench.store.rows.clear();
      bench.store.positions.clear();
      const drain = bench.drain({ directory, owners: { stateOf: () => 'dead' } });
      await drain.stop(60_000);
      const records = ends.filter((end) => end <= cut).length;
      expect(bench.store.ids()).toEqual(
        ['a', 'b', 'c', 'd', 'e'].slice(0, Math.min(records, 4) + (records > 8 ? 1 : 0)),
      );
      const interrupted = [...bench.store.rows.values()].filter(({ outcome }) => outcome === 'interrupted').length;
      expect(interrupted).toBe(records <= 4 ? records : Math.max(0, 8 - records));
    }
  });

  it('a half line of a living process is read when it is whole', async () => {
    const { bytes, name } = overlapping();
    const directory = join(bench.directory, 'slow');
    mkdirSync(directory);
    const path = join(directory, name);
    writeFileSync(path, '');
    const drain = bench.drain({ directory });
    for (let start = 0; start < bytes.length; start += 100) {
      appendFileSync(path, bytes.subarray(start, start + 100));
      await drain.pass();
    }
    expect(bench.store.ids()).toEqual(['a', 'b', 'c', 'd', 'e']);
    await drain.stop(60_000);
  });

  it('a drain that ends anywhere is followed by one that doubles nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('begin', 'end', 'whole', 'pass', 'restart', 'fail'), { maxLength: 40 }),
        async (steps) => {
          const one = createLedgerBench(through);
          const spool = one.spool({ segmentBytes: 900 });
          let drain = one.drain();
          const open: (readonly [string, number])[] = [];
          const asked: string[] = [];
          for (const [index, step] of steps.entries()) {
            const id = `${index}`;
            if (step === 'begin') {
              open.push([id, spool.begin(intentOf(id))]);
              asked.push(id);
            } else if (step === 'end') {
              const [name, ticket] = open.shift() ?? [];
              if (name !== undefined) spool.end(ticket!, rowNamed(name));
            } else if (step === 'whole') {
              spool.end(0, rowNamed(id));
              asked.push(id);
            } else if (step === 'pass') await drain.pass();
            else if (step === 'fail') one.store.failsAfter = true;
            else drain = one.drain();
          }
          one.states.set(spool.name, 'dead');
          one.store.failsAfter = false;
          await drain.pass();
          await one.drain().stop(60_000);
          expect(one.store.ids()).toEqual(asked.sort());
          const interrupted = [...one.store.rows.values()].filter(({ outcome }) => outcome === 'interrupted');
          expect(interrupted.map(({ subject }) => subject.requestId).sort()).toEqual(open.map(([id]) => id).sort());
          expect(one.files()).toEqual([]);
          spool.close();
          await drain.stop(60_000);
          one.remove();
        },
      ),
      { numRuns: 60 },
    );
  });

  it('what is damaged is left out, told and kept', async () => {
    const spool = bench.spool();
    serve(spool, names('a', 5));
    const path = join(bench.directory, bench.files()[0]!);
    const bytes = readFileSync(path);
    bytes[bytes.length - 300] = 0x7f;
    writeFileSync(path, bytes);
    bench.states.set(spool.name, 'dead');
    const drain = bench.drain();
    await drain.pass();
    expect(bench.store.rows.size).toBe(5);
    expect(bench.notices.told[0]).toBe('damaged 1');
    expect(bench.files()).toEqual([expect.stringMatching(/\.log\.damaged$/)]);
    await drain.stop(60_000);
  });

  it('a damaged file was told of for each of its pieces, and never under the name that it is kept by', async () => {
    const spool = bench.spool();
    serve(spool, names('a', 1_000));
    const path = join(bench.directory, bench.files()[0]!);
    const bytes = readFileSync(path);
    const lines = bytes.toString('latin1').split('\n').length - 1;
    for (let at = 0; at < bytes.length; at++) if (bytes[at] === 0x20 && bytes[at + 1] === 0x5b) bytes[at] = 0x7f;
    writeFileSync(path, bytes);
    bench.states.set(spool.name, 'dead');
    const kept: string[] = [];
    const damaged = (keptAs: string, count: number) => void kept.push(`${keptAs} ${count}`);
    const drain = bench.drain({ notices: { ...bench.notices, damaged } });
    await drain.pass();
    await drain.pass();
    expect(bytes.length).toBeGreaterThan(4 * 65_536);
    expect(kept).toEqual([`${join(bench.directory, bench.files()[0]!)} ${lines}`]);
    await drain.stop(60_000);
  });

  it('a beginning that a dead process left damaged is kept, in whichever segment it is', async () => {
    const spool = bench.spool({ segmentBytes: 1_000 });
    spool.begin(intentOf('a'));
    serve(spool, names('b', 20));
    const first = join(bench.directory, bench.files()[0]!);
    // The line is whole, but its kind says nothing that is understood.
    const [begun, ...others] = readFileSync(first, 'utf8').split('\n');
    const json = `${begun!.slice(9, begun!.indexOf(',["'))},["?"]]`;
    writeFileSync(first, [`${crc32(json).toString(16).padStart(8, '0')} ${json}`, ...others].join('\n'));
    bench.states.set(spool.name, 'dead');
    const drain = bench.drain();
    await drain.pass();
    expect(bench.store.rows.size).toBe(20);
    expect([bench.notices.told, bench.files()]).toEqual([['damaged 1'], [`${spool.name}-000001.v2.log.damaged`]]);
    await drain.stop(60_000);
  });

  it('a beginning that is damaged costs nothing when the end is there', async () => {
    const spool = bench.spool();
    const ticket = spool.begin(intentOf('a'));
    truncateSync(join(bench.directory, bench.files()[0]!), 20);
    appendFileSync(join(bench.directory, bench.files()[0]!), '\n');
    spool.end(ticket, rowNamed('a'));
    const drain = bench.drain();
    await drain.pass();
    expect([...bench.store.rows.values()]).toEqual([rowNamed('a')]);
    spool.close();
    await drain.stop(60_000);
  });

  it('bytes that are no lines at all are passed over', async () => {
    const spool = bench.spool({ segmentBytes: 500 });
    const path = join(bench.directory, bench.files()[0]!);
    serve(spool, ['a']);
    appendFileSync(path, Buffer.alloc(9 * 1024 * 1024));
    serve(spool, ['b', 'c']);
    const drain = bench.drain();
    await drain.pass();
    expect(bench.store.ids()).toEqual(['a', 'b', 'c']);
    spool.close();
    await drain.stop(60_000);
  });

  it('a file that cannot be read holds up no other, and loses nothing that can be read later', async () => {
    const spools = [bench.spool({ segmentBytes: 2_000 }), bench.spool()];
    for (const [index, spool] of spools.entries()) serve(spool, names(`${index}-`, 20));
    const path = join(bench.directory, bench.files()[1]!);
    renameSync(path, join(bench.directory, 'away'));
    mkdirSync(path);
    const drain = bench.drain();
    await drain.pass();
    expect(bench.store.rows.size).toBeGreaterThanOrEqual(20);
    expect(bench.store.rows.size).toBeLessThan(40);
    expect(bench.notices.told).toEqual(['refused EISDIR']);
    rmSync(path, { recursive: true });
    renameSync(join(bench.directory, 'away'), path);
    await drain.pass();
    expect(bench.store.ids()).toEqual([...names('0-', 20), ...names('1-', 20)]);
    expect(drain.isHealthy).toBe(true);
    for (const spool of spools) spool.close();
    await drain.stop(60_000);
  });

  it('two drains of one folder double nothing', async () => {
    const spool = bench.spool({ segmentBytes: 2_000 });
    const [one, other] = [bench.drain(), bench.drain()];
    serve(spool, names('a', 300));
    await Promise.all([one.pass(), other.pass()]);
    serve(spool, names('b', 300));
    await Promise.all([one.pass(), other.pass()]);
    expect(bench.store.rows.size).toBe(600);
    spool.close();
    await Promise.all([one.stop(60_000), other.stop(60_000)]);
    expect(bench.files()).toEqual([]);
  });

  it('a spool that was taken to its end is not taken again', async () => {
    const spool = bench.spool();
    spool.begin(intentOf('a'));
    const [file] = bench.files();
    const copy = join(bench.directory, '..', 'copy');
    copyFileSync(join(bench.directory, file!), copy);
    bench.states.set(spool.name, 'dead');
    const drain = bench.drain();
    await drain.pass();
    copyFileSync(copy, join(bench.directory, file!));
    bench.store.rows.clear();
    await drain.pass();
    expect([bench.store.rows.size, bench.files()]).toEqual([0, []]);
    await drain.stop(60_000);
  });
});
