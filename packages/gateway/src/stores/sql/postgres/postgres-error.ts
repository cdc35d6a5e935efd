import { SqlError } from '../sql-error.ts';

/** What the driver rejects with, as a `SqlError`. `place` is the server, for messages. */
export function toPostgresError(error: unknown, place: string): SqlError {
  if (error instanceof SqlError) return error;
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  const state = typeof code === 'string' ? code : '';
  const said = String(message ?? error);
  if (state === '23505') return new SqlError('unique', said, error);
  if (state === '23503' || state === '23001') return new SqlError('foreign_key', said, error);
  if (busyStates.has(state)) return new SqlError('busy', `${place} was busy with the same rows; try again.`, error);
  if (state === '57014') return new SqlError('timeout', `${place} gave up a statement that took too long.`, error);
  if (state === READ_ONLY) {
    return new SqlError(
      'unavailable',
      `${place} takes no changes now: ${said}. See whether it became a replica.`,
      error,
    );
  }
  // Five characters are a state of the server's; anything else comes from the way to it.
  if (!/^[0-9A-Z]{5}$/.test(state) || unreachable.test(state)) {
    return new SqlError('unavailable', `${place} cannot be used: ${said}. ${remedyOf(state)}`, error);
  }
  return new SqlError('invalid', `${place} refused a statement: ${said}`, error);
}

/** Whether a server answers but takes no changes, as one does that became a replica. */
export function takesNoChanges({ cause }: SqlError): boolean {
  return (cause as { readonly code?: unknown } | undefined)?.code === READ_ONLY;
}

const READ_ONLY = '25006';
/** Serialisation failure, deadlock, lock not available. */
const busyStates: ReadonlySet<string> = new Set(['40001', '40P01', '55P03']);
/** Connection lost, authentication, unknown database, out of resources, operator's intervention, system error. */
const unreachable = /^(08|28|3D|53|57P|58|25P03|XX)/;

function remedyOf(state: string): string {
  if (state.startsWith('28')) return 'See user and password in DATABASE_URL.';
  if (state === '3D000') return 'Create the database, or name another one in DATABASE_URL.';
  if (state === '53300') return 'Lower database.max_connections, or let the server take more connections.';
  return 'See that the server runs and that DATABASE_URL names it.';
}
