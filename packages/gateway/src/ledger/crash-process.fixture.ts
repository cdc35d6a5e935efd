import { writeSync } from 'node:fs';
import { systemClock } from '../canonical/clock.ts';
import { openDatabase } from '../stores/sql/database.ts';
import { createSqlLedgerStore } from '../stores/sql/ledger-store.ts';
import { createLedger, defaultLedgerLimits } from './ledger.ts';
import type { LedgerNotices } from './ledger-notices.ts';
import { sampleAttempt, sampleIntent, sampleRow, sampleSubject } from './ledger-row.fixture.ts';
import { createSpoolOwners } from './spool-owner.ts';

/*
 * Runs in a process of its own until it is killed: it writes down exchanges as fast as it can, several open at a time,
 * and says on its standard output what it has written down. Arguments: the folder of spools, a name for its exchanges,
 * and the file of the database, or `-` where another process brings the rows there.
 */
const [, , directory = '', run = '', file = '-'] = process.argv;

/** Exchanges that are open at the same time. */
const OPEN = 20;

const quiet = (): void => undefined;
const pause = new Int32Array(new SharedArrayBuffer(4));
const notices: LedgerNotices = {
  refused: (error) => say(`! ${String(error)}`),
  lost: (rows) => say(`! lost ${rows}`),
  vanished: () => say('! vanished'),
  otherFormat: ({ file }) => say(`! of another format ${file}`),
  damaged: (path) => say(`! damaged ${path}`),
  dropped: (rows) => say(`! dropped ${rows}`),
  databaseAway: quiet,
  databaseBack: quiet,
  interrupted: quiet,
};
const database = file === '-' ? undefined : await openDatabase({ location: { file }, clock: systemClock });
const ledger = createLedger({
  directory,
  clock: systemClock,
  owners: createSpoolOwners(process.pid),
  newId: () => run,
  limits: { ...defaultLedgerLimits, segmentBytes: 16 * 1024 },
  notices,
  store: database && createSqlLedgerStore(database),
  writes: true,
});

const open: { readonly id: string; readonly ticket: number }[] = [];
let count = 0;
await serve();

/** For ever: some turns of exchanges while a pass is under way, then what is left of the pass. */
async function serve(): Promise<void> {
  for (;;) {
    const pass = ledger.drain();
    for (let turn = 0; turn < 10; turn++) {
      serveSome();
      await new Promise(setImmediate);
    }
    await pass;
  }
}

function serveSome(): void {
  let said = '';
  for (let step = 0; step < 5; step++) {
    count += 1;
    const id = `${run}-${count}`;
    // Every seventh was refused: it has no beginning.
    if (count % 7 === 0) {
      ledger.end(0, sampleRow({ subject: sampleSubject({ requestId: id }), outcome: 'rejected', attempts: [] }));
      said += `e ${id} 0\n`;
      continue;
    }
    open.push({ id, ticket: ledger.begin(sampleIntent({ subject: sampleSubject({ requestId: id }) })) });
    said += `b ${id}\n`;
    if (open.length <= OPEN) continue;
    const [ended] = open.splice((count * 7) % open.length, 1);
    const attempts = [sampleAttempt({ cost: count })];
    ledger.end(ended!.ticket, sampleRow({ subject: sampleSubject({ requestId: ended!.id }), attempts }));
    said += `e ${ended!.id} ${count}\n`;
  }
  ledger.flush();
  say(said.trimEnd());
}

/** Waits for who listens, which may be slower: the pipe takes no more for a while then. */
function say(text: string): void {
  const bytes = Buffer.from(`${text}\n`);
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(1, bytes, written);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(pause, 0, 0, 1);
    }
  }
}
