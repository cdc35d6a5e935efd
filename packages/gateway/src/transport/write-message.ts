import type { Socket } from 'node:net';

/**
 * Bodies up to this size are copied behind their head, which costs less than a write of two pieces. For longer ones the copy
 * needs memory of its own: what Buffer.allocUnsafe has ready ends at 4 KiB.
 */
const MAX_POOLED_BYTES = 3 * 1024;
/** Heads and bodies that are put together in memory that is used again; to copy more costs as much as two pieces. */
const MAX_JOINED_BYTES = 32 * 1024;

let joint: Buffer | undefined;

/** Writes a head, a character for each byte, and its body, so that both leave together. Answers as `write` does. */
export function writeMessage(
  socket: Socket,
  head: string,
  body: Buffer,
  onWritten?: (error?: Error | null) => void,
): boolean {
  const length = head.length + body.length;
  if (body.length <= MAX_POOLED_BYTES) {
    return socket.write(join(Buffer.allocUnsafe(length), head, body), onWritten);
  }
  // What is encrypted is held on to until it has left.
  if (length <= MAX_JOINED_BYTES && !('encrypted' in socket)) return writeJoint(socket, head, body, onWritten);
  socket.cork();
  socket.write(head, 'latin1');
  const isFree = socket.write(body, onWritten);
  socket.uncork();
  return isFree;
}

function writeJoint(
  socket: Socket,
  head: string,
  body: Buffer,
  onWritten: ((error?: Error | null) => void) | undefined,
): boolean {
  joint ??= Buffer.allocUnsafeSlow(MAX_JOINED_BYTES);
  const isFree = socket.write(join(joint.subarray(0, head.length + body.length), head, body), onWritten);
  // Most often the system has taken all of it by now. What it has not is still to be read from there.
  if (socket.writableLength > 0) joint = undefined;
  return isFree;
}

function join(into: Buffer, head: string, body: Buffer): Buffer {
  into.write(head, 0, 'latin1');
  body.copy(into, head.length);
  return into;
}
