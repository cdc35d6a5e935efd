import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { isReplyingPlainly } from './plain-connection.ts';

/**
 * The connections of a server. When it stops, `closeIdleConnections` leaves open what has never asked anything, such as the
 * spare connections of load balancers and browsers, and from then on no time limit of node:http ends them.
 */
export class OpenConnections {
  readonly #sockets = new Set<Socket>();

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** Ends all of them at once. */
  destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Ends those on which no reply is under way. */
  endUnused(): void {
    for (const socket of this.#sockets) {
      if (!isReplying(socket)) socket.destroySoon();
    }
  }
}

/**
 * Ends connections on which nothing has happened for so many milliseconds and no reply is under way. node:http's own
 * `keepAliveTimeout` makes a timer anew for each reply, which costs 7 % of a small request; this is one for each connection.
 */
export function endIdleConnections(server: Server, idleMs: number): void {
  server.keepAliveTimeout = 0;
  server.timeout = idleMs;
  server.on('timeout', (socket: Socket) => {
    if (!isReplying(socket)) socket.destroySoon();
  });
}

function isReplying(socket: Socket): boolean {
  // node:http keeps the reply under way here, from the head of its request on.
  const { _httpMessage: reply } = socket as Socket & { readonly _httpMessage?: unknown };
  return (reply !== undefined && reply !== null) || isReplyingPlainly(socket);
}
