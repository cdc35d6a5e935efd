import type { Writable } from 'node:stream';

/**
 * Bodies up to this size are copied behind their head, which costs less than a write of two pieces. With longer ones the copy
 * would need memory of its own: what Buffer.allocUnsafe has ready ends at 4 KiB.
 */
const MAX_JOINED_BYTES = 3 * 1024;

/** Writes a head, a character for each byte, and its body, so that both leave together. Answers as `write` does. */
export function writeMessage(
  socket: Writable,
  head: string,
  body: Buffer,
  onWritten?: (error?: Error | null) => void,
): boolean {
  if (body.length <= MAX_JOINED_BYTES) {
    const joined = Buffer.allocUnsafe(head.length + body.length);
    joined.write(head, 0, 'latin1');
    body.copy(joined, head.length);
    return socket.write(joined, onWritten);
  }
  socket.cork();
  socket.write(head, 'latin1');
  const isFree = socket.write(body, onWritten);
  socket.uncork();
  return isFree;
}
