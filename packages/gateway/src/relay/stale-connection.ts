import type { UpstreamRequest } from '../transport/upstream-call.ts';

/** An end that is closed says so within a round trip; who breaks off later may have been at work on the request. */
const STALE_MS = 2_000;

/**
 * Whether an error means that the connection went away, as one does that its other end closed while it was idle.
 * `afterMs`: how long the request had been out.
 */
export function isStale(error: Error, afterMs: number): boolean {
  const { code } = error as NodeJS.ErrnoException;
  if (afterMs >= STALE_MS) return false;
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'UPSTREAM_CLOSED';
}

/** Whether a request can be sent a second time. */
export function isReplayable(request: UpstreamRequest): boolean {
  return request.body === undefined || Buffer.isBuffer(request.body);
}
