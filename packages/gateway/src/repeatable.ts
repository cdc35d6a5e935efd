import type { Exchange } from './exchange.ts';
import type { Failure } from './resilience/failure.ts';
import { failureTraits } from './resilience/failure-table.ts';

type Asked = Pick<Exchange, 'upload' | 'operation' | 'method'>;

/** Methods that mean the same when they are sent twice (RFC 9110, section 9.2.2). */
const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** Whether the request may go out again after this failure. */
export function mayRepeat(exchange: Asked, { kind }: Pick<Failure, 'kind'>): boolean {
  if (failureTraits[kind].isUnsent || isRepeatable(exchange)) return true;
  const wasNeverSent = kind === 'connect_failed' || kind === 'connect_timeout' || kind === 'credential_refused';
  return exchange.upload === undefined && wasNeverSent;
}

/** Whether it may go out again although a target had it and failed. */
export function isRepeatable({ method, operation, upload }: Asked): boolean {
  // A body that flowed is gone: another target would get what is left of it, and answer that.
  if (upload !== undefined) return false;
  // What an unknown path did before it failed is not known either.
  return operation !== 'proxy' || idempotent.has(method);
}
