import { appendFileSync, readFileSync } from 'node:fs';
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/canonical/clock.ts';
import { watchConfig } from '../../src/config/watch.ts';
import { directoryWith } from './load-in-directory.ts';

const clock: Clock = { ...systemClock, schedule: (callback) => systemClock.schedule(callback, 20) };
let controller = new AbortController();
afterEach(() => {
  controller.abort();
  controller = new AbortController();
});

/** Watches, and gives a function that waits for the next change. */
async function watching(files: readonly string[]) {
  let changes = 0;
  let notify: () => void = () => undefined;
  const onChange = () => {
    changes++;
    notify();
  };
  await watchConfig({ files, onChange, signal: controller.signal, clock });
  return {
    count: () => changes,
    next: () =>
      new Promise<void>((resolve) => {
        notify = resolve;
      }),
  };
}

/** Tells what a file held when its change was reported, while before each look so many times more is written to it. */
async function reportedWhileWriting(times: number) {
  const directory = await directoryWith({ 'config.yaml': 'old' });
  const file = join(directory, 'config.yaml');
  let written = 0;
  const write = () => {
    if (written < times) appendFileSync(file, `${++written}\n`);
  };
  const busy: Clock = {
    ...systemClock,
    schedule: (callback) =>
      systemClock.schedule(() => {
        write();
        callback();
      }, 0),
  };
  const reported = new Promise<string>((resolve) => {
    const onChange = () => resolve(readFileSync(file, 'utf8'));
    void watchConfig({ files: [file], onChange, signal: controller.signal, clock: busy }).then(write);
  });
  return { text: await reported, whole: `old${Array.from({ length: times }, (_, at) => `${at + 1}\n`).join('')}` };
}

describe('watchConfig', () => {
  it('reports a file that is written or replaced, once each', async () => {
    const directory = await directoryWith({ 'config.yaml': 'a: 1', 'other.yaml': '' });
    const file = join(directory, 'config.yaml');
    const watched = await watching([file]);
    let changed = watched.next();
    await writeFile(file, 'a: 2');
    await changed;
    changed = watched.next();
    await writeFile(join(directory, 'new'), 'a: 3');
    await rename(join(directory, 'new'), file);
    await changed;
    expect(watched.count()).toBe(2);
  });

  it('reports a mounted volume whose link is swapped', async () => {
    const directory = await directoryWith({ '..1/config.yaml': 'a: 1', '..2/config.yaml': 'a: 2' });
    await symlink('..1', join(directory, '..data'));
    await symlink('..data/config.yaml', join(directory, 'config.yaml'));
    const watched = await watching([join(directory, 'config.yaml')]);
    const changed = watched.next();
    await symlink('..2', join(directory, '..data_tmp'));
    await rename(join(directory, '..data_tmp'), join(directory, '..data'));
    await changed;
    expect(watched.count()).toBe(1);
  });

  it('does not report the same content, or other files', async () => {
    const directory = await directoryWith({ 'config.yaml': 'a: 1', '.env': 'A=1' });
    const watched = await watching([join(directory, '.env'), join(directory, 'config.yaml')]);
    const changed = watched.next();
    await writeFile(join(directory, 'log.txt'), 'line');
    await mkdir(join(directory, 'data'));
    await writeFile(join(directory, 'config.yaml'), 'a: 1');
    await writeFile(join(directory, '.env'), 'A=2');
    await changed;
    expect(watched.count()).toBe(1);
  });

  it('a file that was cut in the middle was taken as it was while the rest was being written', async () => {
    const { text, whole } = await reportedWhileWriting(6);
    expect(text).toBe(whole);
  });

  it('reports a file that never stands still as well', async () => {
    const { text } = await reportedWhileWriting(10_000);
    expect(text.split('\n').length).toBeGreaterThanOrEqual(50);
  });

  it('does nothing without files or after its end', async () => {
    await watchConfig({ files: [], onChange: () => undefined, signal: controller.signal, clock });
    await watchConfig({ files: ['/nonexistent/a'], onChange: () => undefined, signal: AbortSignal.abort(), clock });
  });
});
