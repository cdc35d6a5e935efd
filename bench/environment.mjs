import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, release, totalmem } from 'node:os';
import { nginxVersion } from './subjects.mjs';

/** @typedef {{ cpu: string, cores: number, memoryGigabytes: number, kernel: string, node: string, nginx: string, undici: string, commit: string, date: string }} Environment */

/**
 * What the figures were measured on and with.
 * @param {Date} date
 * @returns {Environment}
 */
export function describeEnvironment(date) {
  return {
    cpu: cpuModel(),
    cores: cpus().length,
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    nginx: nginxVersion()?.replace('nginx/', '') ?? 'not installed',
    undici: /** @type {{ version: string }} */ (createRequire(import.meta.url)('undici/package.json')).version,
    commit: commit(),
    date: date.toISOString().slice(0, 10),
  };
}

function cpuModel() {
  const model = cpus()[0]?.model.trim() ?? 'unknown';
  try {
    const family = /^cpu family\s*: (.*)$/m.exec(readFileSync('/proc/cpuinfo', 'latin1'))?.[1];
    return family === undefined ? model : `${model} (family ${family})`;
  } catch {
    return model;
  }
}

function commit() {
  const git = (/** @type {string[]} */ ...args) =>
    execFileSync('git', args, {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    const hash = git('rev-parse', '--short=12', 'HEAD');
    return git('status', '--porcelain') === '' ? hash : `${hash} with uncommitted changes`;
  } catch {
    return 'none';
  }
}
