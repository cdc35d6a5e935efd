import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether the server's program is on this machine, so that tests can have one that they may freeze and kill. */
export const hasRedisServer: boolean = isInstalled();

/** A Redis server of a test's own. It forgets everything when it is restarted. */
export interface OwnRedis {
  readonly url: string;
  readonly port: number;
  /** Path of its socket on this machine. */
  readonly socket: string;
  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again at the same port. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Starts a server at a free port; further arguments are its own. */
export async function startOwnRedis(...args: readonly string[]): Promise<OwnRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'llm-gateway-redis-'));
  const port = await freePort();
  const socket = join(folder, 'redis.sock');
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--unixsocket', socket];
  const start = async () => {
    const child = spawn('redis-server', [...place, '--save', '', '--appendonly', 'no', ...args]);
    let text = '';
    for await (const bytes of child.stdout) {
      text += String(bytes);
      if (text.includes('Ready to accept connections')) break;
    }
    if (!text.includes('Ready to accept connections')) throw new Error(`No Redis server came up: ${text}`);
    child.stdout.on('error', () => undefined).resume();
    return child;
  };
  let child = await start();
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    socket,
    signal: (name) => void child.kill(name),
    kill,
    async restart() {
      await kill();
      child = await start();
    },
    async close() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function isInstalled(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn('What becomes of a Redis server that freezes or dies is not tested: there is no redis-server.');
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return address !== null && typeof address === 'object' ? address.port : 0;
}
