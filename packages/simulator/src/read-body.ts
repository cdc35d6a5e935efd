import type { IncomingMessage } from 'node:http';

/** Reads a body whole, up to 256 MiB. Never rejects: a client that leaves is `aborted`. */
export function readBody(incoming: IncomingMessage): Promise<Buffer | 'aborted' | 'too large'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    incoming.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= maximumBodyBytes) chunks.push(chunk);
      else resolve('too large');
    });
    incoming.on('end', () =>
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
    );
    incoming.on('close', () => resolve('aborted'));
    incoming.on('error', () => resolve('aborted'));
  });
}

const maximumBodyBytes = 256 * 1024 * 1024;
