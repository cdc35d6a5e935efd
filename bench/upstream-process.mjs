import { join } from 'node:path';
import { waitForMessage } from './children.mjs';

/** @typedef {{ requests: number, connections: number, streams: number }} UpstreamStatus */

/** The benchmark's provider as seen from the outside: two ports of one process, for two targets. */
export class UpstreamProcess {
  /**
   * @param {import('node:child_process').ChildProcess} child
   * @param {readonly [number, number]} ports
   */
  constructor(child, ports) {
    this.child = child;
    this.ports = ports;
  }

  /** @param {import('./children.mjs').Children} children */
  static async start(children) {
    const child = children.fork(join(import.meta.dirname, 'upstream.mjs'));
    const ports = await waitForMessage(
      child,
      (message) => (message['kind'] === 'ready' ? /** @type {[number, number]} */ (message['ports']) : undefined),
      10_000,
    );
    return new UpstreamProcess(child, ports);
  }

  /** @returns {Promise<UpstreamStatus>} */
  status() {
    const status = waitForMessage(
      this.child,
      (message) =>
        message['kind'] === 'status' ? /** @type {UpstreamStatus} */ (/** @type {unknown} */ (message)) : undefined,
      5_000,
    );
    this.child.send('status');
    return status;
  }
}
