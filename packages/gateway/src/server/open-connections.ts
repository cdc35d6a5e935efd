import type { Server } from 'node:http';
import type { Socket } from 'node:net';

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

  /** Ends those on which no reply is under way. */
  endUnused(): void {
    for (const socket of this.#sockets) {
      // node:http keeps the reply under way here.
      const { _httpMessage: reply } = socket as Socket & { readonly _httpMessage?: unknown };
      if (reply === undefined || reply === null) socket.destroySoon();
    }
  }
}
