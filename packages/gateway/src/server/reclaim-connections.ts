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
 * `hasOthers`: somebody is left to take them; otherwise they are closed, since node has given up the port by then.
 */
export function reclaimConnections(worker: Worker, hasOthers: () => boolean): void {
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
  const reclaim = (): void => {
    // A worker that refuses gets its connection taken away; one that accepts has made it its own, and node closes its end.
    const accepted = !hasOthers();
    for (const ack of underway) internal.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack, accepted });
  };
  // When several die at once, node may tell of an exit before it has read the end of the channel. With a connection on its
  // way it then never tells of the disconnect, and goes on choosing the dead worker unless it is told not to.
  worker.once('exit', () => {
    if (worker.isConnected()) worker.disconnect();
  });
  // Both have happened by then: the worker is out of node's choice, and all it said before it died has been heard.
  child.once('close', reclaim);
}
