import type { Socket } from 'node:net';
import { UpstreamError } from './upstream-error.ts';

export interface FlowingBody {
  /** The last byte has been handed to the socket. */
  readonly isSent: boolean;
  /** Takes no more from the body, and ends it. */
  stop(): void;
}

export interface SendBodyInput {
  readonly body: NodeJS.ReadableStream;
  readonly socket: Socket;
  /** Bytes announced; undefined: it goes out in chunks. */
  readonly length: number | undefined;
  readonly onFault: (error: UpstreamError) => void;
}

/** Sends a body as it comes, no faster than the upstream takes it. A body of another length than announced is a fault. */
export function sendFlowingBody({ body, socket, length, onFault }: SendBodyInput): FlowingBody {
  let sent = 0;
  let isOver = false;
  let isSent = false;
  const finish = (): void => {
    isOver = true;
    body.off('data', onData).off('end', onEnd).off('close', onClose);
    socket.off('drain', onDrain);
  };
  const fail = (message: string, cause?: Error): void => {
    if (isOver) return;
    finish();
    onFault(new UpstreamError('UPSTREAM_BODY_BROKEN', message, { cause }));
  };
  const onDrain = (): void => {
    body.resume();
  };
  const onData = (chunk: Buffer): void => {
    sent += chunk.length;
    if (length !== undefined && sent > length) fail(`the body has more than the ${length} bytes announced`);
    else if (chunk.length > 0 && !write(chunk)) body.pause();
  };
  const write = (chunk: Buffer): boolean => {
    if (length !== undefined) return socket.write(chunk);
    socket.cork();
    socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1');
    socket.write(chunk);
    const hasRoom = socket.write('\r\n', 'latin1');
    socket.uncork();
    return hasRoom;
  };
  const onEnd = (): void => {
    if (length !== undefined && sent < length) {
      fail(`the body has ${sent} bytes of the ${length} announced`);
      return;
    }
    finish();
    isSent = true;
    if (length === undefined) socket.write('0\r\n\r\n', 'latin1');
  };
  const onClose = (): void => fail('the body broke off');
  body.on('data', onData).on('end', onEnd).on('close', onClose);
  // Stays: a body may fail long after nobody wants it any more.
  body.on('error', (error: Error) => fail('the body broke off', error));
  socket.on('drain', onDrain);
  return {
    get isSent() {
      return isSent;
    },
    stop() {
      if (isOver) return;
      finish();
      (body as NodeJS.ReadableStream & { destroy?(): void }).destroy?.();
    },
  };
}
