import type { Socket } from 'node:net';

/**
 * Ends a connection on which nothing has moved for its time, neither in nor out, unless the gateway has yet to say something
 * there. What is still to be written is dropped: its client has taken nothing of it all that while, and would have it held
 * for as long as it likes.
 */
export function endSilent(socket: Socket, isReplyDue: boolean): void {
  // node tells of a silence once; the next one counts as well.
  if (isReplyDue) socket.setTimeout(socket.timeout ?? 0);
  else socket.destroy();
}
