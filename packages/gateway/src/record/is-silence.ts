import { GatewayError } from '../canonical/gateway-error.ts';
import { SqlError } from '../stores/sql/sql-error.ts';

/** Whether an error says that the record just cannot be reached now. */
export function isSilence(error: unknown): boolean {
  if (error instanceof GatewayError) return error.kind === 'store_unavailable';
  return error instanceof SqlError && ['unavailable', 'timeout', 'busy'].includes(error.kind);
}
