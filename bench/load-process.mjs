import { join } from 'node:path';
import { waitForMessage } from './children.mjs';

/** @typedef {import('./tally.mjs').LoadResult} LoadResult */
/** @typedef {import('./load.mjs').LoadCommand} LoadCommand */

/** The driver bounds its own runs; this is for a driver that has died or hangs. */
const MARGIN_MS = 60_000;

/** The load driver as seen from the outside: a process that takes commands. */
export class LoadProcess {
  /** @param {import('node:child_process').ChildProcess} child */
  constructor(child) {
    this.child = child;
    this.lastId = 0;
  }

  /** @param {import('./children.mjs').Children} children */
  static async start(children) {
    const child = children.fork(join(import.meta.dirname, 'load.mjs'));
    await waitForMessage(child, (message) => (message['kind'] === 'ready' ? true : undefined), 10_000);
    return new LoadProcess(child);
  }

  /**
   * @param {LoadCommand} command
   * @returns {Promise<LoadResult>}
   */
  run(command) {
    this.lastId += 1;
    const id = this.lastId;
    const activeSeconds = command.seconds ?? (command.kind === 'streams' ? (command.rampSeconds ?? 1) : 1);
    const streamMs = command.kind === 'streams' ? command.events * command.gapMs * 4 : 0;
    const result = waitForMessage(
      this.child,
      (message) => (message['id'] === id ? /** @type {LoadResult} */ (message['result']) : undefined),
      activeSeconds * 1_000 + streamMs + MARGIN_MS,
    );
    this.child.send({ id, command });
    return result;
  }
}
