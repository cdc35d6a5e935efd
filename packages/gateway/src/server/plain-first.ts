import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { type PlainServer, servePlainly } from './plain-connection.ts';
import { matchRoute } from './routes.ts';
import { openInference, runInference } from './serve-inference.ts';
import type { HttpServerParts } from './server-parts.ts';

/** Serves plain requests for a model without node:http, and leaves it the connections on which anything else comes. */
export function servePlainFirst(server: Server, parts: HttpServerParts): void {
  const handlers = server.listeners('connection');
  const plain: PlainServer = {
    clock: parts.clock,
    outbox: parts.outbox,
    isDraining: parts.isDraining,
    match(url, contentType) {
      const match = matchRoute('POST', url);
      // What may flow through unread does so with node's streams.
      return match.kind === 'inference' && match.operation !== 'proxy' && isJson(contentType) ? match : undefined;
    },
    serve({ head, match, peerAddress, body, reply }) {
      const runtime = parts.runtime();
      const { headers, rawHeaders, url } = head;
      const inbound = { method: 'POST', url, headers, rawHeaders, peerAddress };
      const exchange = openInference(parts, runtime, { head: inbound, match, sink: reply });
      runInference(parts, runtime, exchange, body);
      return exchange;
    },
    handOver(socket) {
      for (const handle of handlers) handle.call(server, socket);
    },
  };
  server.removeAllListeners('connection');
  server.on('connection', (accepted: Socket) => parts.connections.add(servePlainly(plain, accepted)));
}

function isJson(contentType: string | undefined): boolean {
  return contentType?.startsWith('application/json') === true;
}
