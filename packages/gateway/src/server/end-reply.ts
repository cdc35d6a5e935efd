import type { ServerResponse } from 'node:http';
import { LEFTOVER_MS } from './server-limits.ts';

/** Whether a reply is due before its request is all here. Who waits to be told to continue sends nothing more. */
export function isEarly({ req: request }: ServerResponse): boolean {
  return !request.complete && !request.destroyed && request.headers.expect === undefined;
}

/**
 * Ends a reply; one that is early stays open for a while, whole as it is, until the rest of the request was read and dropped.
 * Closing a connection with unread bytes on it makes the system reset it, and a client that is still writing then loses
 * the reply that says why. A client that goes on for longer is cut off.
 */
export function endReply(response: ServerResponse, body: Buffer | undefined): void {
  if (!isEarly(response)) {
    response.end(body);
    return;
  }
  const request = response.req;
  response.flushHeaders();
  if (body !== undefined && body.length > 0) response.write(body);
  const finish = (): void => {
    clearTimeout(timer);
    request.off('end', finish).off('close', finish);
    response.end();
  };
  const timer = setTimeout(() => {
    response.once('finish', () => request.socket.destroySoon());
    finish();
  }, LEFTOVER_MS);
  request.unpipe().once('end', finish).once('close', finish).resume();
}
