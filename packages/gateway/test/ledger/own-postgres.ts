import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { childrenOf, freePort } from '../workers/fleet.ts';

const run = promisify(execFile);

/** A PostgreSQL server that a test may stop and kill as it likes: nobody else uses it. */
export interface OwnPostgres {
  readonly url: string;
  /** None of its processes does anything any more; connections stay. */
  freeze(): Promise<void>;
  thaw(): void;
  kill(): Promise<void>;
  /** After `kill`: over the same files, on the same port. */
  restart(): Promise<void>;
  remove(): Promise<void>;
}

/** Whether the programs of a server are on this machine. */
export const hasPostgres: boolean = await run('initdb', ['--version']).then(
  () => run('postgres', ['--version']).then(() => true),
  () => false,
);

/** It refuses to run as root. */
async function userOfServer(): Promise<{ readonly uid?: number; readonly gid?: number }> {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = await Promise.all(['-u', '-g'].map(async (flag) => (await run('id', [flag, 'postgres'])).stdout));
  return { uid: Number(uid), gid: Number(gid) };
}

export async function startOwnPostgres(): Promise<OwnPostgres> {
  const user = await userOfServer();
  const folder = await mkdtemp(join(tmpdir(), 'own-postgres-'));
  if (user.uid !== undefined && user.gid !== undefined) await chown(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  await run('initdb', ['-D', data, '-U', 'tester', '-A', 'trust', '--no-sync', '--no-locale', '-E', 'UTF8'], {
    ...user,
    cwd: folder,
  });
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`, 'fsync=off'];
  let server: ChildProcess;
  let stopped: readonly number[] = [];

  async function start(): Promise<void> {
    const args = ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
    server = spawn('postgres', args, { ...user, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    for await (const piece of server.stderr!.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
      said += piece;
      if (said.includes('ready to accept connections')) break;
    }
    if (!said.includes('ready to accept connections')) throw new Error(`The server did not start: ${said}`);
    server.stderr!.resume();
  }

  async function signalAll(signal: NodeJS.Signals): Promise<readonly number[]> {
    const pid = server.pid!;
    // The first process makes the others; when it stands still there are no new ones.
    process.kill(pid, signal === 'SIGKILL' ? 'SIGSTOP' : signal);
    const children = await childrenOf(pid);
    for (const process_ of children) send(process_, signal);
    if (signal === 'SIGKILL') send(pid, signal);
    return [pid, ...children];
  }

  async function kill(): Promise<void> {
    const ended = once(server, 'exit');
    await signalAll('SIGKILL');
    await ended;
  }

  await start();
  return {
    url: `postgres://tester@127.0.0.1:${port}/postgres`,
    async freeze() {
      stopped = await signalAll('SIGSTOP');
    },
    thaw() {
      for (const pid of stopped) send(pid, 'SIGCONT');
      stopped = [];
    },
    kill,
    restart: start,
    async remove() {
      if (server.exitCode === null && server.signalCode === null) await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended meanwhile.
  }
}
