import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createManualClock, type ManualClock } from '../stores/manual-clock.fixture.ts';
import { type AskToCarry, ThreadCarrier } from '../stores/sql/sqlite/thread-carrier.ts';
import { ThreadCarriers } from '../stores/sql/sqlite/thread-carriers.ts';
import { Drain, type DrainSettings } from './drain.ts';
import { defaultLedgerLimits } from './ledger.ts';
import type { LedgerNotices } from './ledger-notices.ts';
import type { LedgerBatch, LedgerStore, SpooledRow } from './ledger-store.ts';
import { Spool, type SpoolSettings } from './spool.ts';
import type { SpoolCarrier, SpoolToCarry } from './spool-carrier.ts';
import { openSpoolFile } from './spool-file.ts';
import type { SpoolOwners } from './spool-owner.ts';

/** Who has rows in hand between the spool and the database: the thread that drains, or another that the database is at home in. */
export const hands = ['its own', 'a thread'] as const;

/** A database that can be away. */
export class FakeStore implements LedgerStore {
  readonly #through: (typeof hands)[number];
  #thread = new ThreadCarriers(this);
  #lastAsked: Promise<unknown> = Promise.resolve();
  readonly rows = new Map<string, SpooledRow['row']>();
  readonly batches: LedgerBatch[] = [];
  readonly positions = new Map<string, number>();
  isAway = false;
  /** Takes the next batch and then says that it did not. */
  failsAfter = false;

  constructor(through: (typeof hands)[number]) {
    this.#through = through;
  }

  /** The thread dies, and with it all that it had read; another takes its place. */
  loseThread(): void {
    this.#thread = new ThreadCarriers(this);
  }

  carrierOf(toCarry: SpoolToCarry): SpoolCarrier | undefined {
    // Messages between threads are copies, and a thread is asked one after the other.
    const ask: AskToCarry = (makeTask, take) => {
      const answer = this.#lastAsked.then(() => this.#thread.carry(structuredClone(makeTask()))).then(structuredClone);
      this.#lastAsked = answer;
      return answer.then(take);
    };
    return this.#through === 'its own' ? undefined : new ThreadCarrier(toCarry, ask);
  }

  async positionOf(spool: string): Promise<number> {
    if (this.isAway) throw new Error('away');
    return this.positions.get(spool) ?? 0;
  }

  async commit(batch: LedgerBatch): Promise<number> {
    if (this.isAway) throw new Error('away');
    const stored = this.positions.get(batch.spool) ?? 0;
    const fresh = batch.rows.filter(
      ({ position, sequence }) => position > stored && !this.rows.has(`${batch.spool} ${sequence}`),
    );
    for (const { sequence, row } of fresh) this.rows.set(`${batch.spool} ${sequence}`, row);
    this.positions.set(batch.spool, Math.max(stored, batch.position));
    this.batches.push(batch);
    if (this.failsAfter) {
      this.failsAfter = false;
      throw new Error('lost on the way back');
    }
    return fresh.length;
  }

  /** Request ids of all rows, sorted. */
  ids(): readonly string[] {
    return [...this.rows.values()].map(({ subject }) => subject.requestId).sort();
  }

  get losses(): readonly (readonly [count: number, reason: string])[] {
    return this.batches.flatMap(({ losses }) => losses.map(({ count, reason }) => [count, reason] as const));
  }
}

/** What was told of, in short. */
export function recordNotices(): LedgerNotices & { readonly told: string[] } {
  const told: string[] = [];
  return {
    told,
    refused: (error) => told.push(`refused ${(error as NodeJS.ErrnoException).code}`),
    lost: (rows, total) => told.push(`lost ${rows} of ${total}`),
    vanished: () => told.push('vanished'),
    damaged: (_keptAs, lines) => told.push(`damaged ${lines}`),
    otherFormat: ({ format, lines }) => told.push(`format ${format} of ${lines} lines`),
    dropped: (rows) => told.push(`dropped ${rows}`),
    databaseAway: () => told.push('away'),
    databaseBack: () => told.push('back'),
    interrupted: (_spool, rows) => told.push(`interrupted ${rows}`),
  };
}

/** A folder with what writes and reads spools in it. */
export interface LedgerBench {
  readonly directory: string;
  readonly clock: ManualClock;
  readonly store: FakeStore;
  readonly notices: ReturnType<typeof recordNotices>;
  /** Names of spools whose process is taken for dead, or cannot be looked at. */
  readonly states: Map<string, ReturnType<SpoolOwners['stateOf']>>;
  readonly spool: (changes?: Partial<SpoolSettings>) => Spool;
  readonly drain: (changes?: Partial<DrainSettings>) => Drain;
  readonly files: () => readonly string[];
  readonly text: () => string;
  readonly remove: () => void;
}

/** `through`: whose hands rows go through. */
export function createLedgerBench(through: (typeof hands)[number] = 'its own'): LedgerBench {
  const directory = join(mkdtempSync(join(tmpdir(), 'ledger-')), 'ledger');
  const clock = createManualClock();
  const store = new FakeStore(through);
  const notices = recordNotices();
  const states: LedgerBench['states'] = new Map();
  let spools = 0;
  const files = () => readdirSync(directory).sort();
  return {
    directory,
    clock,
    store,
    notices,
    states,
    spool(changes = {}) {
      const newName = () => {
        spools += 1;
        return `spool-1-here.1.${spools}`;
      };
      return new Spool({
        directory,
        clock,
        notices,
        ...defaultLedgerLimits,
        newName,
        openFile: openSpoolFile,
        // Turns of one line each.
        atTurnEnd: (flush) => flush(),
        ...changes,
      });
    },
    drain(changes = {}) {
      const owners = { stateOf: (spool: string) => states.get(spool) ?? 'alive' };
      return new Drain({ directory, clock, store, owners, notices, ...defaultLedgerLimits, ...changes });
    },
    files,
    text: () =>
      files()
        .map((file) => readFileSync(join(directory, file), 'utf8'))
        .join(''),
    remove: () => rmSync(join(directory, '..'), { recursive: true, force: true }),
  };
}
