import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { inject } from 'vitest';

const packageDirectory = resolve(import.meta.dirname, '../..');

/** How long a process may take for what a test waits for, in milliseconds. */
const PATIENCE_MS = 30_000;

export interface StartOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Files of the working directory, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** The working directory of one that ran before; left out: a new one. */
  readonly directory?: string;
}

/** A gateway in a process of its own, and all it wrote. */
export interface GatewayProcess {
  readonly directory: string;
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** Resolves once the output holds the text, or more than the given number of occurrences of it. */
  waitForOutput(text: string, times?: number): Promise<void>;
  /** Base URL, once it listens. */
  listening(): Promise<string>;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  signal(name: NodeJS.Signals): void;
}

export interface BuiltGateway {
  /** Where its files are. */
  readonly folder: string;
  start(options: StartOptions): Promise<GatewayProcess>;
  /** Ends whatever still runs and removes all its files. */
  remove(): Promise<void>;
}

/** The package as it is published, built at the first call in a process for all its tests. None may change its files. */
export async function buildGateway(): Promise<BuiltGateway> {
  const shared = inject('builtPackages');
  if (shared === undefined) return buildOwnGateway();
  sharedPackage ??= mkdtemp(join(shared, 'package-')).then(buildPackage);
  return startable(await sharedPackage, await newHome());
}

let sharedPackage: Promise<string> | undefined;

/** The same for one test alone, which may change its files. */
export async function buildOwnGateway(): Promise<BuiltGateway> {
  const home = await newHome();
  return startable(await buildPackage(join(home, 'package')), home);
}

function newHome(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'llm-gateway-built-'));
}

/** Builds aside, in a folder of its own: the build in the repository may be old, and another test may be writing it. */
async function buildPackage(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const name of ['package.json', 'build.mjs', 'bundled-text.mjs', 'bin', 'migrations']) {
    await cp(join(packageDirectory, name), join(folder, name), { recursive: true });
  }
  await symlink(join(packageDirectory, 'src'), join(folder, 'src'));
  await symlink(resolve(packageDirectory, '../../node_modules'), join(folder, 'node_modules'));
  await promisify(execFile)(process.execPath, ['build.mjs'], { cwd: folder });
  return folder;
}

/** A package whose processes work in folders of `home`, which goes with them. */
function startable(folder: string, home: string): BuiltGateway {
  const running = new Set<() => Promise<unknown>>();
  return {
    folder,
    async start({ args = [], env = {}, files = {}, directory: former }) {
      const directory = former ?? (await mkdtemp(join(home, 'cwd-')));
      for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(directory, name)), { recursive: true });
        await writeFile(join(directory, name), text);
      }
      const gateway = spawnGateway({ bin: join(folder, 'bin/llm-gateway.js'), directory, args, env });
      running.add(() => {
        gateway.signal('SIGKILL');
        return gateway.ended;
      });
      return gateway;
    },
    async remove() {
      await Promise.all([...running].map((end) => end()));
      await rm(home, { recursive: true, force: true });
    },
  };
}

interface SpawnInput {
  readonly bin: string;
  readonly directory: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

function spawnGateway({ bin, directory, args, env }: SpawnInput): GatewayProcess {
  // Nothing of the variables that this test run happens to have.
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: directory,
    env: { PATH: process.env['PATH'] ?? '', HOME: directory, ...env },
  });
  let stdout = '';
  let stderr = '';
  const waiting = new Set<() => void>();
  const told = () => {
    for (const check of waiting) check();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    told();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    told();
  });
  let hasEnded = false;
  const ended = new Promise<number | NodeJS.Signals>((settle) => {
    child.on('close', (code, signal) => {
      hasEnded = true;
      settle(code ?? signal ?? 'SIGKILL');
      told();
    });
  });

  const waitUntil = (holds: () => boolean, what: string): Promise<void> =>
    new Promise((done, fail) => {
      const giveUp = (why: string) => {
        waiting.delete(check);
        clearTimeout(timer);
        fail(new Error(`${why} before ${what}\n--- stdout\n${stdout}\n--- stderr\n${stderr}`));
      };
      const timer = setTimeout(() => giveUp(`${PATIENCE_MS} ms went by`), PATIENCE_MS);
      const check = () => {
        if (!holds()) return hasEnded ? giveUp('The process ended') : undefined;
        waiting.delete(check);
        clearTimeout(timer);
        done();
      };
      waiting.add(check);
      check();
    });

  const listeningOn = /listens on (http:\/\/\S+)/;
  return {
    directory,
    pid: child.pid!,
    stdout: () => stdout,
    stderr: () => stderr,
    waitForOutput: (text, times = 1) =>
      waitUntil(() => `${stdout}${stderr}`.split(text).length > times, `its output had '${text}' ${times}×`),
    async listening() {
      await waitUntil(() => listeningOn.test(stderr), 'it listened');
      return listeningOn.exec(stderr)![1]!.replace('localhost', '127.0.0.1');
    },
    ended,
    signal: (name) => void child.kill(name),
  };
}
