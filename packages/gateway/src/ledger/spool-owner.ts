import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { crc32 } from 'node:zlib';
import { formatSpoolName, parseSpoolName, type SpoolName } from './segment-name.ts';

/** Tells whether whoever writes a spool still lives. */
export interface SpoolOwners {
  /** The name of a spool of this very process; `id` is new for each. */
  readonly nameOf: (id: string) => string;
  /**
   * `dead` and `alive` are certain. `unseen` means that the process cannot be looked at from here: another container, or
   * this machine before its last start; its spool counts as left when nothing has been written to it for long.
   */
  readonly stateOf: (spool: string) => 'alive' | 'dead' | 'unseen';
}

/** Owners as the system knows them: by process id, and by when the process started, for ids come again. */
export function createSpoolOwners(pid: number): SpoolOwners {
  const place = placeOfProcesses();
  const start = startOf(pid) ?? '0';
  return {
    nameOf: (id) => formatSpoolName({ pid, place, start, id }),
    stateOf(spool) {
      const name = parseSpoolName(spool);
      if (name === undefined) return 'unseen';
      if (name.pid === pid && name.place === place && name.start === start) return 'alive';
      return name.place === place ? stateOfProcess(name) : 'unseen';
    },
  };
}

function stateOfProcess({ pid, start }: SpoolName): 'alive' | 'dead' | 'unseen' {
  if (start === '0') return isThere(pid) ? 'unseen' : 'dead';
  // A process that has ended and was not waited for keeps its entry; `startOf` does not count it.
  return startOf(pid) === start ? 'alive' : 'dead';
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Not being allowed to signal it means that it is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Ticks from the machine's start to the process's, as Linux tells; undefined when it has ended, or elsewhere. */
function startOf(pid: number): string | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name of the program comes in parentheses, and may hold some.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  return state === 'Z' || state === 'X' ? undefined : fields[19];
}

/** Short name of the machine since its start, and of the space of process ids. */
function placeOfProcesses(): string {
  const boot = readText('/proc/sys/kernel/random/boot_id');
  const space = readLink('/proc/self/ns/pid');
  const known = boot === undefined || space === undefined ? hostname() : `${boot}${space}`;
  return crc32(known).toString(36);
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
