import { execFile, execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLineWriter } from './line-writer.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'line-writer-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function manualClock() {
  const due = new Set<{ callback: () => void; delayMs: number }>();
  let now = 0;
  return {
    now: () => now++,
    schedule(callback: () => void, delayMs: number) {
      const task = { callback, delayMs };
      due.add(task);
      return () => void due.delete(task);
    },
    delays: () => [...due].map(({ delayMs }) => delayMs),
    run() {
      for (const task of [...due]) {
        due.delete(task);
        task.callback();
      }
    },
  };
}

function openPipe() {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { reader, fd: openSync(path, constants.O_WRONLY) };
}

/** All that can be read without waiting. */
function drain(reader: number): string {
  const chunks: Buffer[] = [];
  const chunk = Buffer.alloc(65536);
  for (;;) {
    try {
      const length = readSync(reader, chunk);
      if (length === 0) break;
      chunks.push(Buffer.from(chunk.subarray(0, length)));
    } catch {
      break;
    }
  }
  return Buffer.concat(chunks).toString();
}

const describeDrops = (count: number) => `dropped ${count}\n`;

describe.runIf(process.platform === 'linux')('a pipe', () => {
  it('gathers lines until there are 32 KiB, or for 200 ms', () => {
    const clock = manualClock();
    const { reader, fd } = openPipe();
    const writer = openLineWriter({ fd, clock, describeDrops });
    writer.write('one\n');
    writer.write('two\n');
    expect(drain(reader)).toBe('');
    expect(clock.delays()).toEqual([200]);
    clock.run();
    expect(drain(reader)).toBe('one\ntwo\n');
    writer.write(`${'x'.repeat(32_767)}\n`);
    expect(drain(reader)).toBe(`${'x'.repeat(32_767)}\n`);
    expect(clock.delays()).toEqual([]);
    writer.close();
    closeSync(fd);
    closeSync(reader);
  });

  it('drops beyond its limit while the reader stands still, counts what it dropped, and tells so once there is room', () => {
    const clock = manualClock();
    const { reader, fd } = openPipe();
    const writer = openLineWriter({ fd, clock, describeDrops, maxBuffered: 200_000 });
    const total = 1000;
    for (let index = 0; index < total; index += 1) writer.write(`${String(index).padStart(999, '.')}\n`);
    expect(writer.droppedLines).toBeGreaterThan(500);
    expect(clock.delays()).toEqual([10]);
    let text = '';
    for (let turn = 0; turn < 20; turn += 1) {
      text += drain(reader);
      clock.run();
    }
    const lines = text.trimEnd().split('\n');
    expect(lines.filter((line) => line.startsWith('dropped'))).toEqual([`dropped ${writer.droppedLines}`]);
    const numbers = lines.filter((line) => !line.startsWith('dropped')).map((line) => Number(line.replaceAll('.', '')));
    expect(numbers).toEqual(Array.from({ length: total - writer.droppedLines }, (_unused, index) => index));
    expect(clock.delays()).toEqual([]);
    writer.close();
    closeSync(fd);
    closeSync(reader);
  });

  it('goes quiet when the reader has left, for writes and for a flush', () => {
    for (const action of ['write', 'flush'] as const) {
      const clock = manualClock();
      const { reader, fd } = openPipe();
      const writer = openLineWriter({ fd, clock, describeDrops });
      closeSync(reader);
      writer.write('a\n');
      writer.write(action === 'write' ? `${'b'.repeat(40_000)}\n` : 'b\n');
      if (action === 'flush') writer.flush();
      writer.write('c\n');
      expect(writer.droppedLines).toBe(2);
      expect(clock.delays()).toEqual([]);
      writer.close();
      closeSync(fd);
      rmSync(join(folder, 'pipe'));
    }
  });

  it('gives up flushing to a reader that stands still after a limit, and goes on when it reads again', () => {
    const { reader, fd } = openPipe();
    const clock = { ...manualClock(), now: jump() };
    const writer = openLineWriter({ fd, clock, describeDrops });
    const line = `${'y'.repeat(99_999)}\n`;
    writer.write(line);
    writer.write('last\n');
    writer.flush();
    let text = drain(reader);
    clock.run();
    text += drain(reader);
    expect(text).toBe(`${line}last\n`);
    writer.close();
    closeSync(fd);
    closeSync(reader);
  });
});

/** A clock on which every look finds another second gone. */
function jump(): () => number {
  let now = 0;
  return () => {
    now += 1000;
    return now;
  };
}

describe('a file', () => {
  it('gets everything in order, in the thread pool and at the end', async () => {
    const path = join(folder, 'log');
    const clock = manualClock();
    const writer = openLineWriter({ fd: openSync(path, 'a'), ownsFd: true, clock, describeDrops });
    const lines = Array.from({ length: 3000 }, (_unused, index) => `${String(index).padStart(60, '.')}\n`);
    for (const [index, line] of lines.entries()) {
      writer.write(line);
      if (index % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await expect.poll(() => readFileSync(path).length, { timeout: 20_000 }).toBeGreaterThan(3000 * 61 - 32 * 1024);
    writer.flush();
    expect(readFileSync(path, 'utf8')).toBe(lines.join(''));
    writer.close();
    writer.close();
  });

  it('has every line at once when synchronous', () => {
    const path = join(folder, 'log');
    const clock = manualClock();
    const writer = openLineWriter({ fd: openSync(path, 'a'), ownsFd: true, synchronous: true, clock, describeDrops });
    writer.write('ü 1\n');
    expect(readFileSync(path, 'utf8')).toBe('ü 1\n');
    writer.close();
  });

  it.runIf(process.platform === 'linux')('that is on a full disk is not tried again and again at once', () => {
    const clock = manualClock();
    let told = 0;
    const describeDrops = (count: number): string => {
      if (++told > 10) throw new Error('This would go on for ever.');
      return `${count} lost\n`;
    };
    const writer = openLineWriter({ fd: openSync('/dev/full', 'w'), ownsFd: true, clock, describeDrops });
    writer.write('a line\n');
    clock.run();
    expect(clock.delays()).toEqual([200]);
    writer.close();
  });

  it.runIf(process.platform === 'linux')('that is on a full disk loses lines and nothing else', () => {
    const clock = manualClock();
    const writer = openLineWriter({ fd: openSync('/dev/full', 'w'), ownsFd: true, clock, describeDrops });
    writer.write('a\nb\n');
    writer.flush();
    expect(writer.droppedLines).toBe(2);
    writer.close();
  });
});

describe('a process', () => {
  async function bundle(script: string): Promise<string> {
    const outfile = join(folder, 'child.mjs');
    await build({
      stdin: { contents: script, resolveDir: import.meta.dirname, loader: 'ts' },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile,
      logLevel: 'error',
    });
    return outfile;
  }
  const prelude = `
    import { openLineWriter } from './line-writer.ts';
    import { systemClock as clock } from '../canonical/clock.ts';
    const writer = openLineWriter({ fd: 1, clock, describeDrops: (count) => 'dropped ' + count + '\\n' });`;

  it('writes its last lines when it exits', async () => {
    const child = await bundle(`${prelude} writer.write('last\\n'); process.exit(3);`);
    const result = await new Promise((resolve) => {
      execFile(process.execPath, [child], (error, stdout) => resolve([error?.code, stdout]));
    });
    expect(result).toEqual([3, 'last\n']);
  });

  it('lives on and ends by itself when its stdout is closed', async () => {
    const child = await bundle(`${prelude}
      process.stdin.once('data', () => {
        for (let index = 0; index < 10000; index += 1) writer.write('line ' + index + '\\n');
        setImmediate(() => { writer.write('last\\n'); process.exit(5); });
      });`);
    const code = await new Promise((resolve) => {
      const running = execFile(process.execPath, [child], { timeout: 20_000 });
      running.stdout?.destroy();
      running.stdin?.end('go\n');
      running.on('exit', resolve);
    });
    expect(code).toBe(5);
  });

  it('is not kept from exiting by a reader that stands still', async () => {
    const child = await bundle(`${prelude}
      for (let index = 0; index < 10000; index += 1) writer.write('line ' + 'x'.repeat(100) + '\\n');
      process.exit(6);`);
    const code = await new Promise((resolve) => {
      const pipe = openPipe();
      const running = execFile('sh', ['-c', `exec "$0" "$1" > "$2"`, process.execPath, child, join(folder, 'pipe')], {
        timeout: 20_000,
      });
      running.on('exit', (exitCode) => {
        closeSync(pipe.fd);
        closeSync(pipe.reader);
        resolve(exitCode);
      });
    });
    expect(code).toBe(6);
  });
});
