import { spawnSync } from 'node:child_process';
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { reclaimConnections } from './reclaim-connections.ts';

/** What the test is told, as JSON. Of a connection: what came before it was closed. */
export interface ReclaimReport {
  /** Whether node told of the exit while the channel still counted as connected. */
  readonly wasConnectedAtExit: boolean;
  readonly underway: string;
  /** Those opened after the death; empty with nobody left to serve them. */
  readonly later: readonly string[];
}

/** A primary whose only or first server dies with a connection on its way to it, told of in the order that loses it. */
async function runPrimary(hasAnother: boolean): Promise<ReclaimReport> {
  const bystander = cluster.fork({ ROLE: 'bystander' });
  reclaimConnections(bystander, () => true);
  await once(bystander, 'online');
  const server = cluster.fork({ ROLE: 'server' });
  const onItsWay = firstConnectionTo(server);
  let wasConnectedAtExit = false;
  server.once('exit', () => {
    wasConnectedAtExit = server.isConnected();
  });
  reclaimConnections(server, () => hasAnother);
  const [{ port }] = (await once(server, 'listening')) as [AddressInfo];

  // It neither takes the connection nor refuses it.
  server.process.kill('SIGSTOP');
  const underway = read(port);
  await onItsWay;
  if (hasAnother) await startAnother();
  // Both are dead before node looks for dead children, and only the bystander's channel has been read to its end.
  bystander.once('disconnect', () => killAtOnce(server));
  const ended = once(server, 'exit');
  // After node has looked: a signal that it has yet to see, such as of the stop, would make it look too soon.
  setImmediate(() => killAtOnce(bystander));
  await ended;
  const report = { wasConnectedAtExit, underway: await underway };
  const later: string[] = [];
  for (let count = 0; hasAnother && count < 3; count++) later.push(await read(port));
  return { ...report, later };
}

async function startAnother(): Promise<void> {
  const another = cluster.fork({ ROLE: 'server' });
  reclaimConnections(another, () => false);
  await once(another, 'listening');
}

function firstConnectionTo({ process: child }: Worker): Promise<void> {
  return new Promise((resolve) => {
    const send = child.send.bind(child) as (...values: unknown[]) => boolean;
    child.send = (...values: unknown[]): boolean => {
      const wasSent = send(...values);
      if ((values[0] as { readonly act?: unknown }).act === 'newconn') resolve();
      return wasSent;
    };
  });
}

/** Returns when the process is dead, without giving node a turn to notice. */
function killAtOnce({ process: { pid } }: Worker): void {
  process.kill(pid!, 'SIGKILL');
  const state = (): string => spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
  while (!state().startsWith('Z'));
}

function read(port: number): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1');
    socket.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
}

function endWorkers(): void {
  for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGKILL');
}

if (cluster.isPrimary) {
  // A worker that is stopped would outlive the primary.
  process.once('exit', endWorkers);
  process.once('SIGTERM', () => process.exit(1));
  const report = await runPrimary(process.argv[2] === 'with-another');
  process.stdout.write(JSON.stringify(report), () => process.exit(0));
} else if (process.env['ROLE'] === 'server') {
  createServer((socket) => socket.end('served')).listen(0, '127.0.0.1');
} else {
  // Keeps it running.
  process.on('message', () => {});
}
