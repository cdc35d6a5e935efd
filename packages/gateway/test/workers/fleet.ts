import { execFile } from 'node:child_process';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { hello, openRequest, replyTo, textOf } from '../acceptance/caller.ts';

export interface ChatReply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** Sends a chat over a connection of its own, so that any worker may get it; the reply is left to read. */
export async function openChat(url: string, fields: Record<string, unknown> = {}): Promise<IncomingMessage> {
  const body = JSON.stringify({ model: 'sim', messages: hello, ...fields });
  const length = String(Buffer.byteLength(body));
  const sent = openRequest(url, '/v1/chat/completions', {
    'content-type': 'application/json',
    'content-length': length,
  });
  sent.end(body);
  return replyTo(sent);
}

/** The same, read to the end. */
export async function chat(url: string, fields?: Record<string, unknown>): Promise<ChatReply> {
  const reply = await openChat(url, fields);
  return { status: reply.statusCode!, headers: reply.headers, text: await textOf(reply) };
}

export function chats(url: string, count: number, fields?: Record<string, unknown>): Promise<ChatReply[]> {
  return Promise.all(Array.from({ length: count }, () => chat(url, fields)));
}

/** Whether a reply broke off before its proper end. */
export async function isCut(reply: IncomingMessage): Promise<boolean> {
  return textOf(reply).then(
    () => false,
    () => true,
  );
}

/** How many there are of each status, as `{ 200: 3 }`. */
export function tally(replies: readonly ChatReply[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** Processes that a process started and that still run. */
export async function childrenOf(parent: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,stat=,args=']);
  return stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, ppid, state, command]) => Number(ppid) === parent && !state?.startsWith('Z') && command !== 'ps')
    .map(([pid]) => Number(pid));
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A port that is taken until it is released. */
export async function takePort(port = 0): Promise<{ readonly port: number; release(): Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    // A port that somebody else has is just as taken.
    server.once('error', () => resolve());
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address() as { port: number } | null;
  return {
    port: address?.port ?? port,
    release: () => new Promise((resolve) => (address ? server.close(() => resolve()) : resolve())),
  };
}

export async function freePort(): Promise<number> {
  const taken = await takePort();
  await taken.release();
  return taken.port;
}
