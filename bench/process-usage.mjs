/**
 * Reads what a process tree has cost so far from /proc, which only Linux has.
 * Ticks are the kernel's USER_HZ, a hundred a second on every architecture that Node.js supports.
 */
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

/** @typedef {{ cpuSeconds: number, residentBytes: number, processes: number }} ProcessUsage */
/** @typedef {{ pid: number, parent: number, ticks: number, pages: number }} StatLine */

export const usageIsReadable = process.platform === 'linux';

/**
 * CPU seconds (user and system, reaped children included) and resident bytes of a process and all its descendants.
 * Throws when the root process is gone, so that a crashed subject can never be reported as a cheap one.
 * @param {number} root process id
 * @returns {ProcessUsage}
 */
export function readProcessUsage(root) {
  const lines = readStatLines();
  const members = new Set([root]);
  // A child may be listed before its parent when ids have wrapped, so passes are made until nothing is added.
  for (let grown = true; grown; ) {
    grown = false;
    for (const line of lines) {
      if (!members.has(line.pid) && members.has(line.parent)) {
        members.add(line.pid);
        grown = true;
      }
    }
  }
  const alive = lines.filter((line) => members.has(line.pid));
  if (!alive.some((line) => line.pid === root)) throw new Error(`Process ${root} has ended; its cost cannot be read.`);
  return {
    cpuSeconds: alive.reduce((sum, line) => sum + line.ticks, 0) / TICKS_PER_SECOND,
    residentBytes: alive.reduce((sum, line) => sum + line.pages, 0) * PAGE_BYTES,
    processes: alive.length,
  };
}

/** @returns {StatLine[]} */
function readStatLines() {
  /** @type {StatLine[]} */
  const lines = [];
  for (const name of readdirSync('/proc')) {
    const first = name.charCodeAt(0);
    if (first < 48 || first > 57) continue;
    try {
      lines.push(parseStatLine(readFileSync(`/proc/${name}/stat`, 'latin1')));
    } catch (error) {
      // A process may end between the listing and the reading.
      const code = /** @type {NodeJS.ErrnoException} */ (error).code;
      if (code !== 'ENOENT' && code !== 'ESRCH') throw error;
    }
  }
  return lines;
}

/**
 * The command name, in parentheses, may hold blanks and parentheses itself; the fields start after the last one.
 * @param {string} text a line of /proc/PID/stat
 * @returns {StatLine}
 */
export function parseStatLine(text) {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const number = (/** @type {number} */ index) => Number(fields[index]);
  return {
    pid: Number.parseInt(text, 10),
    parent: number(1),
    ticks: number(11) + number(12) + number(13) + number(14),
    pages: number(21),
  };
}
