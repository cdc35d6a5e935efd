import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach } from 'vitest';
import { systemClock } from '../canonical/clock.ts';
import { createHttpTransport, type HttpTransportOptions } from './http-transport.ts';
import type { Transport, UpstreamCall, UpstreamRequest } from './upstream-call.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});

/** One request as the upstream sees it, answered with raw bytes. */
export interface Received {
  readonly text: () => string;
  readonly socket: Socket;
}

export interface Upstream {
  readonly transport: Transport;
  readonly origin: string;
  /** All connections so far. */
  readonly received: Received[];
}

/** An upstream of raw bytes: `onBytes` is told of every read on any connection. */
export async function startUpstream(
  onBytes: (received: Received) => void,
  options: Partial<HttpTransportOptions> = {},
): Promise<Upstream> {
  const received: Received[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let text = '';
    const one = { text: () => text, socket };
    received.push(one);
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      onBytes(one);
    });
    closing.push(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const transport = createHttpTransport({ clock: systemClock, maxHeaderBytes: 4_096, ...options });
  closing.push(
    () => server.close(),
    () => void transport.close(),
  );
  return { transport, received, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

export interface Asked {
  readonly call: UpstreamCall;
  /** What the handler heard, in its order. */
  readonly heard: string[];
  /** Resolves with the last of it. */
  readonly end: Promise<string>;
}

export interface Asking extends Partial<UpstreamRequest> {
  /** Whether more is wanted after some data. */
  readonly wantsMore?: () => boolean;
  readonly onEnd?: () => void;
}

export function ask({ transport, origin }: Upstream, { wantsMore = () => true, onEnd, ...more }: Asking = {}): Asked {
  const heard: string[] = [];
  let resolve: (last: string) => void = () => {};
  const promise = new Promise<string>((done) => {
    resolve = done;
  });
  const note = (text: string): void => {
    heard.push(text);
  };
  const finish = (text: string): void => {
    note(text);
    resolve(text);
  };
  const request = {
    origin,
    method: 'POST',
    path: '/',
    headers: [],
    body: Buffer.from('{}'),
    connectMs: 5_000,
    ...more,
  };
  const call = transport.send(request, {
    onHead: (status) => note(`head ${status}`),
    onData(chunk) {
      note(chunk.toString('latin1'));
      return wantsMore();
    },
    onEnd() {
      onEnd?.();
      finish('end');
    },
    onError: (error, isReused) => finish(`${(error as NodeJS.ErrnoException).code}${isReused ? ' reused' : ''}`),
  });
  return { call, heard, end: promise };
}

/** A whole answer. */
export const reply = (body: string, more = ''): string =>
  `HTTP/1.1 200 OK\r\n${more}content-length: ${body.length}\r\n\r\n${body}`;
