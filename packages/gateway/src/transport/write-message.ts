import type { Socket } from 'node:net';

/** To copy more than this costs as much as a write of two pieces. */
const MAX_JOINED_BYTES = 32 * 1024;
/** Most heads with their bodies are shorter. */
const SMALL_BYTES = 4 * 1024;

/** Memory in which heads and bodies are put together, used again as soon as what was there has left. */
class Joint {
  readonly #size: number;
  #bytes: Buffer | undefined;
  /** Of `#bytes`, by their length: to make one takes longer than to copy what most messages are. */
  #views = noViews();

  constructor(size: number) {
    this.#size = size;
  }

  /** As long as it is; it holds anything. */
  view(length: number): Buffer {
    this.#bytes ??= Buffer.allocUnsafeSlow(this.#size);
    if (length > SMALL_BYTES) return this.#bytes.subarray(0, length);
    this.#views[length] ??= this.#bytes.subarray(0, length);
    return this.#views[length]!;
  }

  /** What is there is still to be read. */
  giveUp(): void {
    this.#bytes = undefined;
    this.#views = noViews();
  }
}

function noViews(): (Buffer | undefined)[] {
  return new Array(SMALL_BYTES + 1).fill(undefined);
}

const small = new Joint(SMALL_BYTES);
const large = new Joint(MAX_JOINED_BYTES);

/** Writes a head, a character for each byte, and its body, so that both leave together. Answers as `write` does. */
export function writeMessage(
  socket: Socket,
  head: string,
  body: Buffer,
  onWritten?: (error?: Error | null) => void,
): boolean {
  const length = head.length + body.length;
  // What is encrypted is held on to until it has left.
  if (length <= MAX_JOINED_BYTES && !('encrypted' in socket)) {
    const joint = length <= SMALL_BYTES ? small : large;
    const isFree = socket.write(join(joint.view(length), head, body), onWritten);
    // Most often the system has taken all of it by now.
    if (socket.writableLength > 0) joint.giveUp();
    return isFree;
  }
  if (length <= SMALL_BYTES) return socket.write(join(Buffer.allocUnsafe(length), head, body), onWritten);
  socket.cork();
  socket.write(head, 'latin1');
  const isFree = socket.write(body, onWritten);
  socket.uncork();
  return isFree;
}

function join(into: Buffer, head: string, body: Buffer): Buffer {
  into.write(head, 0, 'latin1');
  body.copy(into, head.length);
  return into;
}
