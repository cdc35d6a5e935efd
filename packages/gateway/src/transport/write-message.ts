import type { Socket } from 'node:net';
import { ByteViews } from '../canonical/byte-views.ts';

/** To copy more than this costs as much as a write of two pieces. */
const MAX_JOINED_BYTES = 32 * 1024;
/** Most heads with their bodies are shorter. */
const SMALL_BYTES = 4 * 1024;

/** Memory in which heads and bodies are put together, used again as soon as what was there has left. */
class Joint {
  readonly #size: number;
  #views: ByteViews | undefined;

  constructor(size: number) {
    this.#size = size;
  }

  /** So much of it; it holds anything. */
  take(length: number): Buffer {
    this.#views ??= new ByteViews(Buffer.allocUnsafeSlow(this.#size));
    return this.#views.to(length);
  }

  /** What is there is still to be read. */
  giveUp(): void {
    this.#views = undefined;
  }
}

const small = new Joint(SMALL_BYTES);
const large = new Joint(MAX_JOINED_BYTES);

/**
 * Writes a head and its body, so that both leave together. A head that is text has a character for each byte; one of bytes may be
 * changed as soon as this returns. Answers as `write` does.
 */
export function writeMessage(
  socket: Socket,
  head: string | Buffer,
  body: Buffer,
  onWritten?: (error?: Error | null) => void,
): boolean {
  const length = head.length + body.length;
  // What is encrypted is held on to until it has left.
  if (length <= MAX_JOINED_BYTES && !('encrypted' in socket)) {
    const joint = length <= SMALL_BYTES ? small : large;
    const isFree = socket.write(join(joint.take(length), head, body), onWritten);
    // Most often the system has taken all of it by now.
    if (socket.writableLength > 0) joint.giveUp();
    return isFree;
  }
  if (length <= SMALL_BYTES) return socket.write(join(Buffer.allocUnsafe(length), head, body), onWritten);
  socket.cork();
  if (typeof head === 'string') socket.write(head, 'latin1');
  else socket.write(Buffer.from(head));
  const isFree = socket.write(body, onWritten);
  socket.uncork();
  return isFree;
}

function join(into: Buffer, head: string | Buffer, body: Buffer): Buffer {
  if (typeof head === 'string') into.write(head, 0, 'latin1');
  else into.set(head);
  into.set(body, head.length);
  return into;
}
