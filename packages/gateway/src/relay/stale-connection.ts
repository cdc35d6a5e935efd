import type { UpstreamRequest } from '../transport/upstream-call.ts';

/** Whether an error means that the connection went away, as one does that its other end closed while it was idle. */
export function isConnectionLoss(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'UPSTREAM_CLOSED';
}

/** Whether a request can be sent a second time. */
export function isReplayable(request: UpstreamRequest): boolean {
  return request.body === undefined || Buffer.isBuffer(request.body);
}
