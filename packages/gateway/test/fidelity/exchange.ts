import { request as httpRequest } from 'node:http';
import type { Simulator } from '@llm-gateway/simulator';
import type { TestGateway } from '../harness/test-gateway.ts';

export interface Sent {
  readonly path: string;
  readonly body: Buffer | string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sizes of the pieces in which the body leaves, the last one for the rest; whole with a length when not given. */
  readonly chunkSizes?: readonly number[];
}

export interface Received {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Sends bytes as they are, and collects the bytes of the reply as they come. */
export function send(gateway: TestGateway, sent: Sent): Promise<Received> {
  const body = Buffer.from(sent.body);
  const length = sent.chunkSizes ? {} : { 'content-length': String(body.length) };
  const headers = { 'content-type': 'application/json', ...length, ...sent.headers };
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      host: '127.0.0.1',
      port: gateway.port,
      path: sent.path,
      method: sent.method ?? 'POST',
      headers,
      agent: false,
    });
    outgoing.on('error', reject);
    outgoing.on('response', (reply) => {
      const chunks: Buffer[] = [];
      reply.on('data', (chunk: Buffer) => chunks.push(chunk));
      reply.on('error', reject);
      reply.on('end', () =>
        resolve({ status: reply.statusCode ?? 0, headers: reply.headers, body: Buffer.concat(chunks) }),
      );
    });
    for (const piece of cut(body, sent.chunkSizes)) outgoing.write(piece);
    outgoing.end();
  });
}

/** The bytes of the body that the upstream got, and how the gateway answered; throws when nothing reached the upstream. */
export async function bodyUpstream(gateway: TestGateway, simulator: Simulator, sent: Sent): Promise<Buffer> {
  const before = simulator.attempts.length;
  const { status, body } = await send(gateway, sent);
  const attempt = simulator.attempts[before];
  if (status !== 200 || !attempt) throw new Error(`${sent.path} answered ${status}: ${body.toString('utf8', 0, 300)}`);
  return attempt.body;
}

function cut(bytes: Buffer, sizes: readonly number[] = []): Buffer[] {
  const pieces: Buffer[] = [];
  let from = 0;
  while (from < bytes.length) {
    const size = sizes[Math.min(pieces.length, sizes.length - 1)] ?? bytes.length;
    pieces.push(bytes.subarray(from, from + size));
    from += size;
  }
  return pieces;
}
