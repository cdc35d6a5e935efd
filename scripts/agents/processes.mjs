import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Names in the environment of everything that is started which process started it. */
const mark = 'LLM_GATEWAY_AGENTS_RUN';
const markValue = `${process.pid}-${Date.now()}`;

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/**
 * Starts a program as the head of a process group of its own, with nothing of this process's environment.
 * @param {{ command: string, args: readonly string[], directory: string, env: Readonly<Record<string, string>> }} launch
 */
export function launch({ command, args, directory, env }) {
  const child = spawn(command, args, {
    cwd: directory,
    env: { ...env, [mark]: markValue },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  // Whoever waits for its end or its words learns of it.
  child.once('error', () => running.delete(child));
  return child;
}

/**
 * Runs a program to its end, or kills it with all that it started.
 * @param {Parameters<typeof launch>[0] & { limitMs: number }} parts
 * @returns {Promise<{ code: number | undefined, isTimedOut: boolean, stdout: string, stderr: string, startedAt: number,
 *   ms: number }>} `startedAt` in milliseconds since 1970
 */
export function run({ limitMs, ...parts }) {
  const startedAt = performance.timeOrigin + performance.now();
  const child = launch(parts);
  let stdout = '';
  let stderr = '';
  let isTimedOut = false;
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout = keepTail(stdout + text);
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr = keepTail(stderr + text);
  });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      isTimedOut = true;
      killGroup(child);
    }, limitMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      // What it left running holds the pipes, and they would never end.
      killGroup(child);
      killStrays();
      const settle = () => {
        const ms = Math.round(performance.timeOrigin + performance.now() - startedAt);
        resolve({ code: code ?? undefined, isTimedOut, stdout, stderr, startedAt, ms });
      };
      const patience = setTimeout(settle, 2_000);
      child.once('close', () => {
        clearTimeout(patience);
        settle();
      });
    });
  });
}

/**
 * Asks a program to end, and kills it when it has not after a while.
 * @param {import('node:child_process').ChildProcess} child
 */
export async function stop(child) {
  if (!running.has(child)) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => killGroup(child), 3_000);
  await ended;
  clearTimeout(timer);
}

/** Kills what is left of everything that was started. */
export function killAll() {
  for (const child of running) killGroup(child);
  killStrays();
}

/** @param {import('node:child_process').ChildProcess} child */
function killGroup(child) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is gone already, which is what was wanted.
  }
}

/** Kills processes that left their group, as daemons do; only those of this run's agents, by what their environment says. */
function killStrays() {
  if (process.platform !== 'linux') return;
  const heads = new Set([...running].map(({ pid }) => pid));
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || heads.has(Number(name))) continue;
    try {
      const isOurs = readFileSync(`/proc/${name}/environ`, 'utf8').includes(`${mark}=${markValue}`);
      if (isOurs) process.kill(Number(name), 'SIGKILL');
    } catch {
      // It ended meanwhile, or is somebody else's.
    }
  }
}

const longestOutput = 1_000_000;
/** @param {string} text */
function keepTail(text) {
  return text.length > longestOutput ? text.slice(-longestOutput) : text;
}
