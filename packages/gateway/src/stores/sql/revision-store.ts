import type { Clock } from '../../canonical/clock.ts';
import type { RevisionStore, Revisions, RevisionTopic, RevisionWatch } from '../revision-store.ts';
import { asNumber, type Database } from './database.ts';
import { REVISION_CHANNEL } from './revisions.ts';
import { asStore } from './store-error.ts';

interface RevisionRow {
  readonly topic: RevisionTopic;
  readonly revision: number | bigint;
}

/** Revisions in a database. PostgreSQL tells of changes by itself; a SQLite file is looked at. */
export function createSqlRevisionStore(database: Database, clock: Clock): RevisionStore {
  const read = () => asStore(() => readRevisions(database));
  return {
    read,
    watch(input) {
      const watch = new Watch({ ...input, read, clock });
      const stopListening = database.listen(REVISION_CHANNEL, () => watch.look());
      watch.look();
      return async () => {
        watch.stop();
        await stopListening?.();
      };
    },
  };
}

async function readRevisions(database: Database): Promise<Revisions> {
  const rows = await database.all<RevisionRow>('SELECT topic, revision FROM revisions');
  const revisions: Record<RevisionTopic, number> = { keys: 0, providers: 0, tenants: 0, budgets: 0 };
  for (const { topic, revision } of rows) revisions[topic] = asNumber(revision);
  return revisions;
}

interface WatchSettings extends RevisionWatch {
  readonly read: () => Promise<Revisions>;
  readonly clock: Clock;
}

/** Looks again and again, and at once when told to; never twice at a time. */
class Watch {
  readonly #settings: WatchSettings;
  #last: Revisions;
  #isLooking = false;
  #isStale = false;
  #isStopped = false;
  #cancelTimer: () => void = () => undefined;

  constructor(settings: WatchSettings) {
    this.#settings = settings;
    this.#last = settings.since;
  }

  look(): void {
    this.#isStale = true;
    if (!this.#isLooking && !this.#isStopped) void this.#look();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer();
  }

  async #look(): Promise<void> {
    const { clock, pollMs } = this.#settings;
    this.#isLooking = true;
    this.#cancelTimer();
    while (this.#isStale) {
      this.#isStale = false;
      // Without an answer nothing is known; the next look finds what was missed.
      const revisions = await this.#settings.read().catch(() => undefined);
      if (this.#isStopped) return;
      if (revisions !== undefined) this.#compare(revisions);
    }
    this.#isLooking = false;
    this.#cancelTimer = clock.schedule(() => this.look(), pollMs);
  }

  #compare(revisions: Revisions): void {
    this.#settings.onAnswer();
    const before = this.#last;
    this.#last = revisions;
    const changed = (Object.keys(revisions) as RevisionTopic[]).filter((topic) => revisions[topic] !== before[topic]);
    if (changed.length > 0) this.#settings.onChange(changed);
  }
}
