import type { Socket } from 'node:net';
import { buildConnector, errors } from 'undici';
import type { Clock } from '../canonical/clock.ts';

export interface ConnectorInput {
  /** Milliseconds until a connection has to be open, TLS included. */
  readonly limitMs: number;
  readonly clock: Pick<Clock, 'schedule'>;
}

/**
 * Opens connections for undici within a time limit. undici's own limit comes from a timer that ticks twice a second, so
 * that one below a second fires late; this one is kept to the millisecond, and costs a timer for each new connection.
 */
export function createConnector({ limitMs, clock }: ConnectorInput): buildConnector.connector {
  // It answers the socket that it opens, though its type says nothing of that.
  const open = buildConnector({ timeout: 0 }) as unknown as OpenSocket;
  return (options, callback) => {
    let isOver = false;
    const socket = open(options, (...result) => {
      isOver = true;
      cancel();
      callback(...result);
    });
    const giveUp = (): void => {
      if (!isOver) socket.destroy(new errors.ConnectTimeoutError(`no connection within ${limitMs} ms`));
    };
    // After a moment in which nothing could run, what has happened on the socket meanwhile comes first.
    const cancel = clock.schedule(() => setImmediate(giveUp), limitMs);
  };
}

type OpenSocket = (options: buildConnector.Options, callback: buildConnector.Callback) => Socket;
