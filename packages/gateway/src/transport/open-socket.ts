import { connect as connectPlain, isIP, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '../canonical/clock.ts';
import { UpstreamError } from './upstream-error.ts';

/** Where an origin is, read once. */
export interface Endpoint {
  readonly isSecure: boolean;
  readonly hostname: string;
  readonly port: number;
  /** For the Host header: with the port where it is not the usual one. */
  readonly host: string;
  /** The last TLS session, which spares the next connection half of the handshake. */
  tlsSession: Buffer | undefined;
}

export interface OpenSocketOptions {
  readonly endpoint: Endpoint;
  /** Milliseconds until the connection has to be open, TLS included. */
  readonly limitMs: number;
  readonly clock: Pick<Clock, 'schedule'>;
  readonly onread: OnReadOpts;
  readonly onOpen: () => void;
}

/** Milliseconds after which TCP asks whether the other end of a silent connection is still there. */
const TCP_KEEP_ALIVE_MS = 60_000;

export function endpointOf(origin: string): Endpoint {
  const { protocol, hostname, host, port } = new URL(origin);
  const isSecure = protocol === 'https:';
  const usualPort = isSecure ? 443 : 80;
  // URL writes IPv6 addresses in brackets, the resolver wants them without.
  const bare = hostname.replace(/^\[|\]$/g, '');
  return { isSecure, hostname: bare, port: port === '' ? usualPort : Number(port), host, tlsSession: undefined };
}

/**
 * Opens a connection within a limit, kept to the millisecond. What the upstream sends goes to `onread`, into memory that
 * many connections may share, which spares a buffer and a stream's ceremony for each read. Whoever opens it listens for
 * `error`.
 */
export function openSocket({ endpoint, limitMs, clock, onread, onOpen }: OpenSocketOptions): Socket {
  const socket = connectTo(endpoint, onread);
  let isOver = false;
  const giveUp = (): void => {
    if (!isOver) socket.destroy(new UpstreamError('UPSTREAM_CONNECT_TIMEOUT', `no connection within ${limitMs} ms`));
  };
  // After a moment in which nothing could run, what has happened on the socket meanwhile comes first.
  const cancel = clock.schedule(() => setImmediate(giveUp), limitMs);
  const end = (): void => {
    isOver = true;
    cancel();
  };
  socket.once('close', end);
  socket.once(endpoint.isSecure ? 'secureConnect' : 'connect', () => {
    end();
    onOpen();
  });
  return socket;
}

function connectTo(endpoint: Endpoint, onread: OnReadOpts): Socket {
  const { hostname, port, isSecure, tlsSession } = endpoint;
  const options = { host: hostname, port, keepAlive: true, keepAliveInitialDelay: TCP_KEEP_ALIVE_MS, onread };
  if (!isSecure) return connectPlain({ ...options, noDelay: true });
  const socket = connectTls({
    ...options,
    servername: isIP(hostname) === 0 ? hostname : '',
    ALPNProtocols: ['http/1.1'],
    ...(tlsSession === undefined ? {} : { session: tlsSession }),
  });
  socket.setNoDelay(true);
  socket.on('session', (session: Buffer) => {
    endpoint.tlsSession = session;
  });
  return socket;
}
