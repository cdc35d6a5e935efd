import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it reached the upstream. */
export interface UpstreamAsked {
  /** The number that stands in its model's name. */
  readonly id: number;
  readonly path: string;
  readonly authorization: string;
  readonly body: string;
}

export interface PlayedUpstream {
  readonly url: string;
  readonly close: () => void;
}

/** A server that answers every request as it is told to by the number in its model's name: `rec-17`. */
export async function playUpstream(
  answer: (asked: UpstreamAsked, reply: ServerResponse) => void,
): Promise<PlayedUpstream> {
  const server = createServer((incoming, reply) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const path = decodeURIComponent(incoming.url ?? '');
      const body = Buffer.concat(chunks).toString('utf8');
      const id = /rec-(\d+)/.exec(path)?.[1] ?? /"model":"rec-(\d+)"/.exec(body)?.[1];
      const headers = incoming.headers;
      const authorization = String(headers.authorization ?? headers['x-api-key'] ?? headers['x-goog-api-key'] ?? '');
      answer({ id: Number(id), path, authorization, body }, reply);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
