import type { RevisionTopic } from '../revision-store.ts';
import type { SqlDialect, SqlRunner } from './database.ts';

/** The channel on which PostgreSQL tells of changes; what is said on it is the topic. */
export const REVISION_CHANNEL = 'llm_gateway_revisions';

/** Notes in a transaction that a part of the record changes with it; the others hear of it when it is committed. */
export async function bumpRevision(transaction: SqlRunner, dialect: SqlDialect, topic: RevisionTopic): Promise<void> {
  await transaction.run('UPDATE revisions SET revision = revision + 1 WHERE topic = ?', [topic]);
  if (dialect === 'postgres') await transaction.all(`SELECT pg_notify('${REVISION_CHANNEL}', ?)`, [topic]);
}
