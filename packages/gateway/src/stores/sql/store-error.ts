import { GatewayError } from '../../canonical/gateway-error.ts';
import { SqlError } from './sql-error.ts';

/** What a store says of a row that breaks a rule of its table. */
export interface RuleSentences {
  /** The key is taken. */
  readonly unique: string;
  /** What it refers to is not there; or, when it was to be deleted, something refers to it. */
  readonly foreignKey: string;
  /** Whether `foreignKey` speaks of what refers to it. */
  readonly isDeletion?: boolean;
}

/** Runs what a store does with the database, and says what went wrong as callers of the store understand it. */
export async function asStore<Result>(work: () => Promise<Result>, rules?: RuleSentences): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof SqlError ? toGatewayError(error, rules) : error;
  }
}

function toGatewayError(error: SqlError, rules: RuleSentences | undefined): GatewayError {
  if (error.kind === 'unique' && rules !== undefined) return conflict('already_exists', rules.unique, error);
  if (error.kind === 'foreign_key' && rules !== undefined) {
    if (rules.isDeletion === true) return conflict('in_use', rules.foreignKey, error);
    return new GatewayError('invalid_request', rules.foreignKey, { cause: error });
  }
  if (error.kind === 'aborted') return new GatewayError('client_closed', 'The caller has gone.', { cause: error });
  // A statement that the database does not understand is a fault of this program or of the state of the tables.
  if (error.kind === 'invalid') {
    const message = 'The record could not be read or written. See "llm-gateway migrate status" and the log.';
    return new GatewayError('internal', message, { cause: error });
  }
  return new GatewayError('store_unavailable', 'The record cannot be reached now. Try again in a moment.', {
    retryAfterMs: 1_000,
    cause: error,
  });
}

function conflict(code: 'already_exists' | 'in_use', message: string, cause: SqlError): GatewayError {
  return new GatewayError('invalid_request', message, { status: 409, code, cause });
}
