import { fork, spawn } from 'node:child_process';
import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */
/** @typedef {{ command: string, args: string[], variables?: Record<string, string>, directory: string, output: number | 'ignore' }} Launch */

const STOP_MS = 1_000;

/**
 * The processes of one run. Each is the head of a process group of its own, so that a worker that it started dies with
 * it, whichever way the run ends.
 */
export class Children {
  constructor() {
    /** @type {Set<ChildProcess>} */
    this.running = new Set();
    process.on('exit', () => this.killAll());
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
      process.on(signal, () => process.exit(signal === 'SIGINT' ? 130 : 143));
    }
  }

  /**
   * Starts a program without this process's environment, in which a subject could find a configuration of its own. Its
   * output goes to an open file or nowhere.
   * @param {Launch} launch
   */
  launch({ command, args, variables, directory, output }) {
    const env = { PATH: process.env['PATH'], HOME: directory, ...variables };
    return this.#own(spawn(command, args, { cwd: directory, env, stdio: ['ignore', output, output], detached: true }));
  }

  /**
   * Starts one of this folder's scripts with a message channel.
   * @param {string} script
   */
  fork(script) {
    return this.#own(fork(script, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], detached: true }));
  }

  /**
   * Asks a child to end, so that it can reap its own children, and kills its group when it has not after a second.
   * @param {ChildProcess} child
   */
  async stop(child) {
    if (!this.running.has(child)) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await Promise.race([ended, delay(STOP_MS, undefined, { ref: false })]);
    killGroup(child);
    await Promise.race([ended, delay(STOP_MS, undefined, { ref: false })]);
  }

  killAll() {
    for (const child of this.running) killGroup(child);
  }

  /** @param {ChildProcess} child */
  #own(child) {
    this.running.add(child);
    child.on('exit', () => this.running.delete(child));
    // A program that cannot be started is noticed by whoever waits for its port.
    child.on('error', () => this.running.delete(child));
    return child;
  }
}

/** @param {ChildProcess} child */
function killGroup(child) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is gone already, which is what was wanted.
  }
}

/**
 * The next message of a kind from a child. Rejects when the child ends first or nothing comes in time.
 * @template T
 * @param {ChildProcess} child
 * @param {(message: Record<string, unknown>) => T | undefined} accept
 * @param {number} limitMs
 * @returns {Promise<T>}
 */
export function waitForMessage(child, accept, limitMs) {
  return new Promise((resolve, reject) => {
    const settle = () => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
    };
    const timer = setTimeout(() => {
      settle();
      reject(new Error(`${child.spawnargs.at(-1)} did not answer within ${limitMs} ms.`));
    }, limitMs);
    const onMessage = (/** @type {unknown} */ message) => {
      const accepted = accept(/** @type {Record<string, unknown>} */ (message));
      if (accepted === undefined) return;
      settle();
      resolve(accepted);
    };
    const onExit = () => {
      settle();
      reject(new Error(`${child.spawnargs.at(-1)} ended unexpectedly.`));
    };
    child.on('message', onMessage);
    child.on('exit', onExit);
  });
}

/**
 * Asks a port over and over, every two milliseconds, until a path answers 200. Rejects when the child ends or the limit
 * passes.
 * @param {{ child: ChildProcess, port: number, path: string, limitMs: number }} parts
 */
export async function waitForOk({ child, port, path, limitMs }) {
  const endsAt = performance.now() + limitMs;
  while (performance.now() < endsAt) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
      throw new Error('It ended before it answered.');
    }
    if ((await statusOf(port, path)) === 200) return;
    await delay(2);
  }
  throw new Error(`It did not answer ${path} with 200 within ${limitMs} ms.`);
}

/**
 * @param {number} port
 * @param {string} path
 * @returns {Promise<number>} 0 when there is no answer
 */
function statusOf(port, path) {
  return new Promise((resolve) => {
    const request = get({ port, path, host: '127.0.0.1', agent: false, timeout: 1_000 }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(0));
  });
}
