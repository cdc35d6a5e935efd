import type { Worker } from 'node:cluster';

interface ClusterMessage {
  readonly cmd?: unknown;
  readonly act?: unknown;
  readonly seq?: unknown;
  readonly ack?: unknown;
}

/**
 * Gives connections that were on their way to a worker when it died to another. node:cluster keeps such a connection open
 * and waits for the dead worker's word for ever, so that its client would hang until it loses patience. What node sends and
 * gets is only watched; the word is given in the worker's place. Where a version of node speaks otherwise, nothing happens.
 */
export function reclaimConnections(worker: Worker): void {
  const child = worker.process;
  const underway = new Set<unknown>();
  const send = child.send.bind(child) as (...values: unknown[]) => boolean;
  child.send = (...values: unknown[]): boolean => {
    const { cmd, act, seq } = (values[0] ?? {}) as ClusterMessage;
    if (cmd === 'NODE_CLUSTER' && act === 'newconn') underway.add(seq);
    return send(...values);
  };
  const internal = child as NodeJS.EventEmitter;
  internal.on('internalMessage', (message: ClusterMessage | undefined) => underway.delete(message?.ack));
  // Writing to a worker that is just dying fails; its end is told by `exit`.
  worker.on('error', () => {});
  // By then node has forgotten the worker and chooses among the others.
  worker.once('disconnect', () => {
    process.stderr.write(`DISC ${[...underway]}\n`);
    for (const ack of underway) internal.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack, accepted: false });
  });
}
