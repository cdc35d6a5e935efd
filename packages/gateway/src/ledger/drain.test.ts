import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLedgerBench, hands, type LedgerBench } from './ledger-bench.fixture.ts';
import { intentOf, names, rowNamed, serve } from './spooled-exchanges.fixture.ts';

let bench: LedgerBench;
afterEach(() => bench.remove());

describe.each(hands)('a drain, rows going through %s', (through) => {
  beforeEach(() => {
    bench = createLedgerBench(through);
  });

  it('brings rows of a living process, whole and once', async () => {
    const spool = bench.spool();
    const drain = bench.drain();
    serve(spool, ['a', 'b']);
    spool.end(0, rowNamed('c'));
    await drain.pass();
    await drain.pass();
    expect(bench.store.ids()).toEqual(['a', 'b', 'c']);
    expect([...bench.store.rows.values()][0]).toEqual(rowNamed('a'));
    expect(bench.store.batches).toHaveLength(1);
    serve(spool, ['d']);
    await drain.pass();
    expect(bench.store.ids()).toEqual(['a', 'b', 'c', 'd']);
    spool.close();
    await drain.stop(60_000);
    expect(bench.files()).toEqual([]);
    expect(bench.notices.told).toEqual([]);
  });

  it('does so by itself', async () => {
    const spool = bench.spool();
    const drain = bench.drain();
    serve(spool, ['a']);
    drain.start();
    bench.clock.advance(0);
    await drain.pass();
    expect(bench.store.ids()).toEqual(['a']);
    spool.close();
    await drain.stop(60_000);
    expect(bench.clock.pending()).toBe(0);
  });

  it('that was asked for while another was under way left out what was written meanwhile', async () => {
    const spool = bench.spool();
    const drain = bench.drain();
    serve(spool, ['a']);
    const commit = bench.store.commit.bind(bench.store);
    let asked: Promise<void> | undefined;
    bench.store.commit = async (batch) => {
      // It has been read up to here.
      if (asked === undefined) {
        serve(spool, ['b']);
        asked = drain.whole();
      }
      return commit(batch);
    };
    await drain.pass();
    await asked;
    expect(bench.store.ids()).toEqual(['a', 'b']);
    spool.close();
    await drain.stop(60_000);
  });

  it('finds nothing where nobody has written', async () => {
    const drain = bench.drain();
    await drain.pass();
    await drain.stop(60_000);
    expect(bench.notices.told).toEqual([]);
  });

  it('waits for the end of what has begun', async () => {
    const spool = bench.spool({ segmentBytes: 400 });
    const drain = bench.drain();
    const ticket = spool.begin(intentOf('long'));
    serve(spool, names('x', 10));
    await drain.pass();
    expect(bench.store.ids()).toEqual(names('x', 10));
    // The beginning is still needed; what came after it is not, but for the segment that is written.
    expect(bench.files()).toHaveLength(2);
    spool.end(ticket, rowNamed('long'));
    await drain.pass();
    expect(bench.store.ids()).toContain('long');
    expect(bench.files()).toHaveLength(1);
    spool.close();
    await drain.stop(60_000);
  });

  it('writes down what a dead process had begun as interrupted, with what it was expected to use', async () => {
    const spool = bench.spool();
    serve(spool, ['a']);
    spool.begin(intentOf('b', 1_700_000_000_500));
    spool.begin(intentOf('c'));
    bench.states.set(spool.name, 'dead');
    const drain = bench.drain();
    await drain.pass();
    expect(bench.store.ids()).toEqual(['a', 'b', 'c']);
    const interrupted = [...bench.store.rows.values()].find(({ subject }) => subject.requestId === 'c');
    expect(interrupted).toEqual({
      ...rowNamed('c'),
      endedAt: 1_700_000_000_500,
      outcome: 'interrupted',
      status: 0,
      failure: 'interrupted',
      responseModel: undefined,
      durationMs: 500,
      firstByteMs: undefined,
      overheadMs: 0,
      attempts: [
        {
          targetId: 'main',
          provider: 'acme',
          model: 'large-2',
          outcome: 'interrupted',
          status: 0,
          durationMs: 500,
          usage: { input: 90, output: 50 },
          isEstimated: true,
          cost: 2_000,
          unknownCost: undefined,
          priceSource: 'config',
        },
      ],
    });
    expect(bench.notices.told).toEqual(['interrupted 2']);
    expect(bench.files()).toEqual([]);
    await drain.stop(60_000);
  });

  it('leaves alone for a minute what belongs to a process that it cannot see', async () => {
    const spool = bench.spool();
    spool.begin(intentOf('a'));
    serve(spool, ['b']);
    bench.states.set(spool.name, 'unseen');
    const drain = bench.drain();
    const path = join(bench.directory, bench.files()[0]!);
    const seconds = bench.clock.wallNow() / 1_000;
    utimesSync(path, seconds, seconds - 59);
    await drain.pass();
    expect(bench.store.ids()).toEqual(['b']);
    utimesSync(path, seconds, seconds - 61);
    await drain.pass();
    expect(bench.store.ids()).toEqual(['a', 'b']);
    await drain.stop(60_000);
  });

  it('brings the spools of all processes', async () => {
    const spools = [1, 2, 3].map(() => bench.spool());
    for (const [index, spool] of spools.entries()) serve(spool, names(`${index}-`, 4_500));
    const drain = bench.drain();
    await drain.pass();
    expect(bench.store.rows.size).toBe(13_500);
    expect(bench.store.batches.length).toBeGreaterThan(3);
    for (const spool of spools) spool.close();
    await drain.stop(60_000);
  });

  it('leaves other files alone', async () => {
    bench.spool().close();
    writeFileSync(join(bench.directory, 'notes.txt'), 'mine');
    const drain = bench.drain();
    await drain.pass();
    expect(bench.files()).toEqual(['notes.txt']);
    await drain.stop(60_000);
  });
});

describe.each(hands)('while the database is away, rows going through %s', (through) => {
  beforeEach(() => {
    bench = createLedgerBench(through);
  });

  it('rows wait, and come when it is back', async () => {
    const spool = bench.spool();
    const drain = bench.drain();
    serve(spool, ['a']);
    bench.store.isAway = true;
    await drain.pass();
    serve(spool, ['b']);
    await drain.pass();
    expect(drain.isHealthy).toBe(false);
    bench.store.isAway = false;
    await drain.pass();
    expect(bench.store.ids()).toEqual(['a', 'b']);
    expect([drain.isHealthy, bench.notices.told]).toEqual([true, ['away', 'away', 'back']]);
    spool.close();
    await drain.stop(60_000);
  });

  it('it is asked ever more seldom', async () => {
    bench.store.isAway = true;
    serve(bench.spool(), ['a']);
    const drain = bench.drain();
    drain.start();
    const asked: number[] = [];
    for (let time = 0; time < 40_000; time += 250) {
      bench.clock.advance(250);
      const before = bench.notices.told.length;
      await new Promise(setImmediate);
      await drain.pass().then(() => undefined);
      if (bench.notices.told.length > before + 1) asked.push(time);
    }
    expect(asked.length).toBeLessThan(12);
    await drain.stop(60_000);
  });

  it('an answer that is lost doubles nothing', async () => {
    const spool = bench.spool();
    serve(spool, names('a', 20));
    bench.store.failsAfter = true;
    const drain = bench.drain();
    await drain.pass();
    await drain.pass();
    expect(bench.store.ids()).toEqual(names('a', 20));
    expect(bench.store.batches).toHaveLength(2);
    spool.close();
    await drain.stop(60_000);
  });

  it('the oldest segments are given up when there are too many bytes, and are counted', async () => {
    const spool = bench.spool({ segmentBytes: 1_500 });
    const drain = bench.drain({ maxBytes: 6_000 });
    serve(spool, names('a', 3));
    await drain.pass();
    bench.store.isAway = true;
    serve(spool, names('b', 60));
    await drain.pass();
    expect(bench.files().length).toBeLessThan(6);
    expect(drain.dropped).toBeGreaterThan(20);
    expect(bench.notices.told).toContain(`dropped ${drain.dropped}`);
    bench.store.isAway = false;
    await drain.pass();
    expect(bench.store.rows.size).toBe(63 - drain.dropped);
    expect(bench.store.losses.reduce((sum, [count]) => sum + count, 0)).toBe(drain.dropped);
    expect(bench.store.losses[0]![1]).toBe('backlog');
    spool.close();
    await drain.stop(60_000);
    expect(bench.store.losses.reduce((sum, [count]) => sum + count, 0)).toBe(drain.dropped);
  });

  it('nothing is given up where requests are refused instead', async () => {
    const spool = bench.spool({ segmentBytes: 1_000 });
    const drain = bench.drain({ maxBytes: 2_000, whenFull: 'refuse' });
    bench.store.isAway = true;
    serve(spool, names('a', 30));
    await drain.pass();
    bench.store.isAway = false;
    await drain.pass();
    expect(bench.store.ids()).toEqual(names('a', 30));
    spool.close();
    await drain.stop(60_000);
  });
});
