import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { isReplyingPlainly } from './plain-connection.ts';
import { endSilent } from './silent-connection.ts';

/**
 * The connections of a server. When it stops, `closeIdleConnections` leaves open what has never asked anything, such as the
 * spare connections of load balancers and browsers, and from then on no time limit of node:http ends them.
 */
export class OpenConnections {
  readonly #sockets = new Set<Socket>();

  add(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
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
 * Ends connections on which nothing has happened for so many milliseconds and no reply is due. node:http's own
 * `keepAliveTimeout` makes a timer anew for each reply, which costs 7 % of a small request; this is one for each connection.
 */
export function endIdleConnections(server: Server, idleMs: number): void {
  server.keepAliveTimeout = 0;
  server.timeout = idleMs;
  server.on('timeout', (socket: Socket) => endSilent(socket, replyOn(socket)?.writableEnded === false));
}

function isReplying(socket: Socket): boolean {
  return replyOn(socket) !== undefined || isReplyingPlainly(socket);
}

/** node:http keeps the reply under way here, from the head of its request on. */
function replyOn(socket: Socket): ServerResponse | undefined {
  return (socket as Socket & { readonly _httpMessage?: ServerResponse | null })._httpMessage ?? undefined;
}
