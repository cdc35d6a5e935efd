import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLedger, defaultLedgerLimits, type LedgerSettings } from './ledger.ts';
import { createLedgerBench, type LedgerBench } from './ledger-bench.fixture.ts';
import { createLedgerNotices } from './ledger-notices.ts';
import { sampleIntent, sampleRow } from './ledger-row.fixture.ts';
import { createSpoolOwners } from './spool-owner.ts';

let bench: LedgerBench;
beforeEach(() => {
  bench = createLedgerBench();
});
afterEach(() => bench.remove());

const open = (id: string, changes: Partial<LedgerSettings> = {}) =>
  createLedger({
    directory: bench.directory,
    clock: bench.clock,
    owners: createSpoolOwners(process.pid),
    newId: () => id,
    limits: defaultLedgerLimits,
    notices: bench.notices,
    store: bench.store,
    writes: true,
    ...changes,
  });

describe('the ledger of one process', () => {
  it('brings what it is given to the database, and leaves nothing behind', async () => {
    const ledger = open('a');
    ledger.end(ledger.begin(sampleIntent()), sampleRow());
    ledger.end(0, sampleRow());
    await ledger.drain();
    expect(bench.store.rows.size).toBe(2);
    expect(ledger.state).toMatchObject({ lostRows: 0, droppedRows: 0, isDraining: true });
    ledger.end(0, sampleRow());
    await ledger.stop(60_000);
    expect([bench.store.rows.size, bench.files(), bench.clock.pending()]).toEqual([3, [], 0]);
  });

  it('leaves to the next start what the database does not take now', async () => {
    const ledger = open('a');
    bench.store.isAway = true;
    ledger.end(ledger.begin(sampleIntent()), sampleRow());
    await ledger.stop(60_000);
    expect(ledger.state.isDraining).toBe(false);
    bench.store.isAway = false;
    const next = open('b');
    await next.stop(60_000);
    expect([bench.store.rows.size, bench.files()]).toEqual([1, []]);
  });
});

describe('a stop', () => {
  it('waits no longer than it may for a database that does not answer', async () => {
    const ledger = open('a');
    ledger.end(0, sampleRow());
    bench.store.commit = () => new Promise(() => undefined);
    const stopped = ledger.stop(1_000);
    bench.clock.advance(999);
    expect(
      await Promise.race([stopped.then(() => 'stopped'), new Promise((resolve) => setImmediate(resolve, 'waits'))]),
    ).toBe('waits');
    bench.clock.advance(1);
    await stopped;
    expect([bench.files().length, bench.clock.pending()]).toEqual([1, 0]);
  });
});

describe('the ledger of several processes', () => {
  it('is written by workers and brought to the database by the one that serves nobody', async () => {
    const workers = ['a', 'b'].map((id) => open(id, { store: undefined }));
    const primary = open('c', { writes: false });
    for (const worker of workers) worker.end(worker.begin(sampleIntent()), sampleRow());
    await Promise.all(workers.map((worker) => worker.drain()));
    expect(bench.store.rows.size).toBe(0);
    await primary.drain();
    expect(bench.store.rows.size).toBe(2);
    expect(() => primary.begin(sampleIntent())).toThrow('no record of its own');
    await Promise.all(workers.map((worker) => worker.stop(60_000)));
    await primary.stop(60_000);
    expect([bench.files(), bench.clock.pending()]).toEqual([[], 0]);
  });
});

describe('notices', () => {
  it('tell the same at most once in a while', () => {
    const lines: string[] = [];
    const note = (level: string) => (_target: string, message: string) => void lines.push(`${level} ${message}`);
    const log = { error: note('error'), warn: note('warn'), info: note('info') };
    const notices = createLedgerNotices(log, bench.clock);
    for (let second = 0; second < 60; second++) {
      notices.refused(new Error('full'));
      notices.lost(1, second);
      notices.databaseAway(new Error('away'));
      bench.clock.advance(1_000);
    }
    expect(lines).toHaveLength(6);
    notices.databaseBack();
    notices.databaseAway('away');
    notices.damaged('file', 1);
    notices.dropped(1, 1);
    notices.vanished('folder');
    notices.interrupted('spool', 1);
    notices.otherFormat({ file: 'file', format: 0, lines: 1 });
    expect(lines.slice(6).map((line) => line.split(' ')[0])).toEqual([
      'info',
      'warn',
      'error',
      'error',
      'error',
      'warn',
      'error',
    ]);
  });
});
