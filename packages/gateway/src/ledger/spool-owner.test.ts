import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { formatSpoolName, parseSpoolName } from './segment-name.ts';
import { createSpoolOwners } from './spool-owner.ts';

const owners = createSpoolOwners(process.pid);
const own = parseSpoolName(owners.nameOf('a'))!;
const named = (changes: object) => owners.stateOf(formatSpoolName({ ...own, ...changes }));

describe('whoever writes a spool', () => {
  it('is this process, under a name that can be read', () => {
    expect(own).toMatchObject({ pid: process.pid, id: 'a' });
    expect(owners.stateOf(owners.nameOf('b'))).toBe('alive');
  });

  it('cannot be looked at elsewhere, nor where the name says nothing', () => {
    expect(named({ place: 'elsewhere' })).toBe('unseen');
    expect(owners.stateOf('something')).toBe('unseen');
  });

  it.runIf(process.platform === 'linux')('is dead when another process has its id', () => {
    expect(named({ start: '1' })).toBe('dead');
  });

  it('may live where the system does not tell when it started', () => {
    expect(named({ start: '0', pid: process.ppid })).toBe('unseen');
    expect(named({ start: '0', pid: 4_194_304 })).toBe('dead');
  });

  it('is dead from the moment it ends', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
    const name = createSpoolOwners(child.pid!).nameOf('a');
    expect(['alive', 'unseen']).toContain(owners.stateOf(name));
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    expect(owners.stateOf(name)).toBe('dead');
  });
});
