import type { Clock } from '../../canonical/clock.ts';
import type { AuditEntry, AuditEvent, AuditQuery, AuditStore, AuditVerdict, ExportedEvent } from '../audit-store.ts';
import { type AuditRow, auditColumns, bodyOf, decodeEvent, isBodyOf, rowOf, sealedText, sha256 } from './audit-rows.ts';
import { asNumber, type Database, type SqlRunner, type SqlValue } from './database.ts';
import { asStore } from './store-error.ts';

const DEFAULT_LISTED = 100;
const MAX_LISTED = 1_000;
/** Events that are read at once, and deleted at once. */
const PAGE = 1_000;

export interface SqlAuditSettings {
  readonly database: Database;
  readonly clock: Clock;
  /**
   * The hash of a text, in hex. SHA-256 by default: it shows that somebody changed a row. A keyed hash shows it of somebody
   * as well who may write the whole table, as long as they do not have the key.
   */
  readonly seal?: (text: string) => string;
}

interface RowWithBody extends AuditRow {
  readonly body: string | null;
}

interface Chain {
  readonly anchor_seq: number;
  readonly anchor_hash: string;
  readonly head_seq: number;
  readonly head_hash: string;
  readonly head_at: number;
}

const readChain = 'SELECT anchor_seq, anchor_hash, head_seq, head_hash, head_at FROM audit_chain WHERE id = 1';
/** Changes nothing, and makes every other writer wait until this one is done. */
const lockChain =
  'UPDATE audit_chain SET head_seq = head_seq WHERE id = 1 RETURNING anchor_seq, anchor_hash, head_seq, head_hash, head_at';

/** Audit events in a database. */
export function createSqlAuditStore(settings: SqlAuditSettings): AuditStore {
  return new SqlAuditStore(settings);
}

class SqlAuditStore implements AuditStore {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #seal: (text: string) => string;

  constructor({ database, clock, seal = sha256 }: SqlAuditSettings) {
    this.#database = database;
    this.#clock = clock;
    this.#seal = seal;
  }

  async append(entries: readonly AuditEntry[]): Promise<readonly AuditEvent[]> {
    if (entries.length === 0) return [];
    return this.#withChain(async (transaction, chain) => {
      const at = Math.max(this.#clock.wallNow(), chain.head_at);
      const rows: AuditRow[] = [];
      let previousHash = chain.head_hash;
      for (const entry of entries) {
        const row = rowOf(entry, chain.head_seq + rows.length + 1, at, previousHash);
        const sealed = { ...row, hash: this.#seal(sealedText(row)) };
        previousHash = sealed.hash;
        rows.push(sealed);
      }
      const values = rows.map((row) => auditColumns.map((column) => row[column]));
      await transaction.insertMany({ table: 'audit_events', columns: auditColumns, rows: values });
      const bodies = entries.flatMap((entry, index) => {
        const body = bodyOf(entry);
        return body === undefined ? [] : [[rows[index]!.seq, at, body]];
      });
      if (bodies.length > 0) {
        await transaction.insertMany({ table: 'audit_bodies', columns: ['seq', 'at', 'body'], rows: bodies });
      }
      const last = rows.at(-1)!;
      const sql = 'UPDATE audit_chain SET head_seq = ?, head_hash = ?, head_at = ? WHERE id = 1';
      await transaction.run(sql, [last.seq, last.hash, last.at]);
      return rows.map(decodeEvent);
    });
  }

  async list(query: AuditQuery = {}): Promise<readonly AuditEvent[]> {
    const { limit = DEFAULT_LISTED } = query;
    const conditions = conditionsOf(query);
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.map(([text]) => text).join(' AND ')}`;
    const sql = `SELECT ${auditColumns.join(', ')} FROM audit_events ${where} ORDER BY seq DESC LIMIT ?`;
    const parameters = [...conditions.map(([, value]) => value), Math.min(limit, MAX_LISTED)];
    return (await asStore(() => this.#database.all<AuditRow>(sql, parameters))).map(decodeEvent);
  }

  async *export(fromSeq = 1, signal?: AbortSignal): AsyncIterable<ExportedEvent> {
    for await (const row of this.#rows(fromSeq, signal)) yield { ...decodeEvent(row), body: row.body };
  }

  async verify(signal?: AbortSignal): Promise<AuditVerdict> {
    for (;;) {
      const chain = await this.#chain();
      if (chain === undefined) return { isIntact: false, seq: undefined, problem: LACKS_ROW };
      const verdict = await this.#verify(chain, signal);
      // What was pruned while it was read looks like a gap and is none.
      if (verdict.isIntact || (await this.#chain())?.anchor_seq === chain.anchor_seq) return verdict;
    }
  }

  async prune(before: number): Promise<number> {
    let deleted = 0;
    for (;;) {
      const count = await this.#withChain(async (transaction, chain) => {
        const [last] = await transaction.all<{ readonly seq: number; readonly hash: string }>(
          `SELECT seq, hash FROM audit_events WHERE at < ? AND seq > ? AND seq <= ? AND seq < ? ORDER BY seq DESC LIMIT 1`,
          [before, chain.anchor_seq, chain.anchor_seq + PAGE, chain.head_seq],
        );
        if (last === undefined) return 0;
        await transaction.run('UPDATE audit_chain SET anchor_seq = ?, anchor_hash = ? WHERE id = 1', [
          last.seq,
          last.hash,
        ]);
        await transaction.run('DELETE FROM audit_bodies WHERE seq <= ?', [last.seq]);
        return transaction.run('DELETE FROM audit_events WHERE seq <= ?', [last.seq]);
      });
      deleted += count;
      if (count < PAGE) return deleted;
    }
  }

  async pruneBodies(before: number): Promise<number> {
    const oldest = 'SELECT seq FROM audit_bodies WHERE at < ? ORDER BY at LIMIT ?';
    const sql = `DELETE FROM audit_bodies WHERE seq IN (${oldest})`;
    for (let deleted = 0; ; ) {
      const count = await asStore(() => this.#database.run(sql, [before, PAGE]));
      deleted += count;
      if (count < PAGE) return deleted;
    }
  }

  async #verify(chain: Chain, signal: AbortSignal | undefined): Promise<AuditVerdict> {
    let seq = chain.anchor_seq;
    let hash = chain.anchor_hash;
    let bodies = 0;
    const fault = (problem: string): AuditVerdict => ({ isIntact: false, seq: seq + 1, problem });
    for await (const row of this.#rows(seq + 1, signal)) {
      if (row.seq > chain.head_seq) break;
      if (row.seq !== seq + 1) return fault(`${row.seq - seq - 1} events are missing`);
      if (row.previous_hash !== hash) return fault('it does not follow the event before it');
      if (row.hash !== this.#seal(sealedText(row))) return fault('it is not what was written');
      if (row.body !== null) {
        if (!isBodyOf(row, row.body)) return fault('the body beside it is not what was written');
        bodies += 1;
      }
      ({ seq, hash } = row);
    }
    if (seq < chain.head_seq) return fault(`${chain.head_seq - seq} events are missing at the end`);
    if (hash !== chain.head_hash) return { isIntact: false, seq, problem: 'it is not the last event that was written' };
    return { isIntact: true, events: seq - chain.anchor_seq, bodies, lastSeq: seq, lastHash: hash };
  }

  async *#rows(fromSeq: number, signal: AbortSignal | undefined): AsyncIterable<RowWithBody> {
    const columns = auditColumns.map((column) => `e.${column}`).join(', ');
    const sql = `SELECT ${columns}, b.body FROM audit_events e LEFT JOIN audit_bodies b ON b.seq = e.seq
      WHERE e.seq >= ? ORDER BY e.seq LIMIT ?`;
    const limits = signal === undefined ? {} : { signal };
    for (let next = fromSeq; ; ) {
      const rows = await asStore(() => this.#database.report<RowWithBody>(sql, [next, PAGE], limits));
      yield* rows;
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) return;
      next = last.seq + 1;
    }
  }

  async #chain(): Promise<Chain | undefined> {
    const [chain] = await asStore(() => this.#database.all<Chain>(readChain));
    return chain && exact(chain);
  }

  #withChain<Result>(work: (transaction: SqlRunner, chain: Chain) => Promise<Result>): Promise<Result> {
    return asStore(() =>
      this.#database.transaction(async (transaction) => {
        const [chain] = await transaction.all<Chain>(lockChain);
        if (chain === undefined) throw new Error(`Nothing can be added to the audit log: ${LACKS_ROW}.`);
        return work(transaction, exact(chain));
      }),
    );
  }
}

const LACKS_ROW = 'the table audit_chain lacks its row; restore it from a copy of the record';

function exact(chain: Chain): Chain {
  asNumber(chain.head_seq);
  return chain;
}

function conditionsOf(query: AuditQuery): readonly (readonly [text: string, value: SqlValue])[] {
  const { kind, actor, tenantId, subject, from, to, beforeSeq } = query;
  const all: readonly (readonly [string, SqlValue | undefined])[] = [
    ['kind = ?', kind],
    ['actor = ?', actor],
    ['tenant_id = ?', tenantId],
    ['subject = ?', subject],
    ['at >= ?', from],
    ['at < ?', to],
    ['seq < ?', beforeSeq],
  ];
  return all.flatMap(([text, value]) => (value === undefined ? [] : [[text, value] as const]));
}
