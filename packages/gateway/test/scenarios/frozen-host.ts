import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A host whose kernel still answers, and whose processes do not. */
export interface FrozenHost {
  readonly url: string;
  stop(): void;
}

const listener = `
  const server = require('node:net').createServer(() => {});
  server.listen({ host: '127.0.0.1', port: 0, backlog: Number(process.argv[1]) }, () => console.log(server.address().port));
`;

/**
 * Starts a listener in a process of its own and stops that process. Connections are accepted by the kernel up to the
 * backlog, and what is written to them is acknowledged; nobody will ever read it.
 */
export async function startFrozenHost(backlog = 511): Promise<FrozenHost> {
  const child = spawn(process.execPath, ['-e', listener, String(backlog)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  child.kill('SIGSTOP');
  return { url: `http://127.0.0.1:${Number(line.toString())}`, stop: () => child.kill('SIGKILL') };
}

/** A frozen host with its backlog used up: it does not even accept connections. */
export async function startFullHost(): Promise<FrozenHost> {
  const host = await startFrozenHost(1);
  const { hostname, port } = new URL(host.url);
  const sockets: Socket[] = [];
  // The kernel keeps one more than the backlog; whoever comes after them gets no answer.
  for (let count = 0; count < 2; count++) {
    const socket = connect(Number(port), hostname);
    sockets.push(socket);
    socket.on('error', () => {});
    await once(socket, 'connect');
  }
  return {
    url: host.url,
    stop() {
      for (const socket of sockets) socket.destroy();
      host.stop();
    },
  };
}
