import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { waitForOk } from './children.mjs';
import { ADMIN_KEY, embeddedRows, makeRecordedKey, postgresRows } from './record.mjs';
import { repository } from './repository.mjs';
import { nginxFile, recordedGatewayFile, unrecordedGatewayFile } from './subject-files.mjs';

/** @typedef {'direct' | 'nginx' | 'bare' | 'unrecorded' | 'gateway' | 'postgres' | 'redis'} SubjectName */
/** @typedef {import('./subject-files.mjs').SubjectSetting} SubjectSetting */
/** @typedef {{ command: string, args: string[], variables?: Record<string, string> }} Program */
/** @typedef {{ children: import('./children.mjs').Children, upstreamPorts: readonly [number, number], directory: string, key: string }} Bench */
/**
 * Something that can stand between client and upstream. One that has `rows` writes every exchange into a ledger, and its key is
 * made over its admin API.
 * @typedef {{
 *   title: string,
 *   rows?: (directory: string) => Promise<import('./record.mjs').RecordedRows>,
 *   absence: () => string | undefined,
 *   program: (setting: SubjectSetting) => Program,
 * }} Definition
 */

const gatewayBin = join(repository, 'packages/gateway/bin/llm-gateway.js');
const START_LIMIT_MS = 20_000;
const LAST_OUTPUT_BYTES = 1_000;

/** @type {readonly SubjectName[]} */
export const subjectNames = ['direct', 'nginx', 'bare', 'unrecorded', 'gateway'];

/**
 * Those that need a server, which a variable names. Processor time of the server is not counted.
 * @type {readonly SubjectName[]}
 */
export const servedSubjectNames = ['postgres', 'redis'];
const { BENCH_DATABASE_URL = '', BENCH_REDIS_URL = '' } = process.env;

/** @type {Readonly<Record<Exclude<SubjectName, 'direct'>, Definition>>} */
const definitions = {
  nginx: {
    title: 'nginx, plain reverse proxy',
    absence: () => (nginxVersion() === undefined ? 'nginx is not installed' : undefined),
    program: (setting) => {
      const file = join(setting.directory, 'nginx.conf');
      writeFileSync(file, nginxFile(setting));
      return {
        command: 'nginx',
        args: ['-p', setting.directory, '-c', file, '-e', join(setting.directory, 'nginx-error.log')],
      };
    },
  },
  bare: {
    title: 'bare proxy (bench/bare-proxy.mjs)',
    absence: () => undefined,
    program: ({ port, upstreamPorts, key }) => ({
      command: process.execPath,
      args: [join(import.meta.dirname, 'bare-proxy.mjs'), String(port), `http://127.0.0.1:${upstreamPorts[0]}`, key],
    }),
  },
  unrecorded: {
    title: 'gateway, without a record',
    absence: gatewayAbsence,
    program: (setting) => startGateway(setting, unrecordedGatewayFile(setting)),
  },
  gateway: {
    title: 'gateway, everything on',
    rows: embeddedRows,
    absence: gatewayAbsence,
    program: startRecorded({}),
  },
  postgres: {
    title: 'gateway, everything on, record in PostgreSQL',
    rows: () => postgresRows(BENCH_DATABASE_URL),
    absence: () => (BENCH_DATABASE_URL === '' ? 'BENCH_DATABASE_URL names no database' : gatewayAbsence()),
    program: startRecorded({ DATABASE_URL: BENCH_DATABASE_URL }),
  },
  redis: {
    title: 'gateway, everything on, limits and budgets in Redis',
    rows: embeddedRows,
    absence: () => (BENCH_REDIS_URL === '' ? 'BENCH_REDIS_URL names no server' : gatewayAbsence()),
    program: startRecorded({ REDIS_URL: BENCH_REDIS_URL }),
  },
};

function gatewayAbsence() {
  const isBuilt = existsSync(join(repository, 'packages/gateway/dist/main.js'));
  return isBuilt ? undefined : 'the gateway is not built (npm run build)';
}

/**
 * @param {SubjectSetting} setting
 * @param {string} text of its configuration
 * @returns {Program}
 */
function startGateway({ directory }, text) {
  const file = join(directory, 'gateway.json');
  writeFileSync(file, text);
  return { command: process.execPath, args: [gatewayBin, 'start', '-c', file] };
}

/**
 * @param {Record<string, string>} servers variables that name them
 * @returns {Definition['program']}
 */
function startRecorded(servers) {
  return (setting) => ({
    ...startGateway(setting, recordedGatewayFile(setting)),
    variables: { ADMIN_KEY, ...servers },
  });
}

/**
 * Keys that were made by the recorded ones; they stay good when one is started again.
 * @type {Map<SubjectName, string>}
 */
const madeKeys = new Map();

/** The installed nginx, such as `nginx/1.22.1`, or undefined. */
export function nginxVersion() {
  const { error, stderr } = spawnSync('nginx', ['-v'], { encoding: 'utf8' });
  return error === undefined ? stderr.trim().replace(/^.*: /, '') : undefined;
}

/**
 * Why a subject cannot take part, or undefined when it can.
 * @param {SubjectName} name
 */
export function absenceOf(name) {
  return name === 'direct' ? undefined : definitions[name].absence();
}

/** @param {SubjectName} name */
export function titleOf(name) {
  return name === 'direct' ? 'direct, client to upstream' : definitions[name].title;
}

/** @typedef {{ name: SubjectName, port: number, key: string, child: import('node:child_process').ChildProcess | undefined, logFile: string, directory: string }} Running */

/** A subject that is running, or, for `direct`, nothing but the upstream's own port. */
export class Subject {
  /** @param {Running} running */
  constructor({ name, port, key, child, logFile, directory }) {
    this.name = name;
    this.port = port;
    this.key = key;
    this.child = child;
    this.logFile = logFile;
    this.directory = directory;
    /** Requests that the load sent so far and that were answered, by whatever. */
    this.answered = 0;
    /** @type {import('./record.mjs').RecordedRows | undefined} */
    this.rows = undefined;
  }

  get pid() {
    return this.child?.pid;
  }

  /**
   * Starts a subject, waits for its first 200 on /health, and has a key made where that is its business. Rejects with the end of its output when that does not come.
   * @param {SubjectName} name
   * @param {Bench} bench
   */
  static async start(name, bench) {
    const subject = await Subject.launch(name, bench);
    await subject.untilHealthy();
    const openRows = name === 'direct' ? undefined : definitions[name].rows;
    if (openRows !== undefined) {
      subject.key = await makeRecordedKey(subject.port);
      madeKeys.set(name, subject.key);
      subject.rows = await openRows(subject.directory);
    }
    return subject;
  }

  /**
   * @param {SubjectName} name
   * @param {Bench} bench
   */
  static async launch(name, { children, upstreamPorts, directory, key }) {
    if (name === 'direct') {
      return new Subject({ name, port: upstreamPorts[0], key, child: undefined, logFile: '', directory });
    }
    const own = join(directory, name);
    mkdirSync(own, { recursive: true });
    const port = await freePort();
    // Not beside the configuration: whoever watches that folder would be woken by each line of the log.
    const logFile = join(directory, `${name}.log`);
    const program = definitions[name].program({ port, upstreamPorts, key, directory: own });
    const output = openSync(logFile, 'w');
    const child = children.launch({ ...program, directory: own, output });
    closeSync(output);
    return new Subject({ name, port, key: madeKeys.get(name) ?? key, child, logFile, directory: own });
  }

  /**
   * Has it answer a load, with its own key unless another is given.
   * @param {import('./load-process.mjs').LoadProcess} load
   * @param {import('./scenarios.mjs').ScenarioCommand & { key?: string }} command
   */
  async answer(load, command) {
    const result = await load.run({ key: this.key, ...command, port: this.port });
    this.answered += result.requests + result.aborted;
    return result;
  }

  /** Until every answer is in the ledger, where there is one. */
  async untilRecorded() {
    await this.rows?.until(this.answered);
  }

  /** What is wrong with the ledger; undefined where there is none, or nothing is. */
  async ledgerFault() {
    const rows = await this.rows?.count();
    if (rows === undefined || rows === this.answered) return undefined;
    return `The ledger has ${rows} rows of ${this.answered} answered requests.`;
  }

  /** Throws with the end of the subject's output when its process has ended. */
  assertRunning() {
    if (this.child === undefined || (this.child.exitCode === null && this.child.signalCode === null)) return;
    throw new Error(`${this.name} has ended under load.\n${this.#lastOutput()}`);
  }

  async untilHealthy() {
    if (this.child === undefined) return;
    try {
      await waitForOk({ child: this.child, port: this.port, path: '/health', limitMs: START_LIMIT_MS });
    } catch (error) {
      throw new Error(`${this.name} did not start. ${/** @type {Error} */ (error).message}\n${this.#lastOutput()}`);
    }
  }

  #lastOutput() {
    // An access log may be larger than a string can be, so only its end is read.
    const size = statSync(this.logFile).size;
    const end = Buffer.alloc(Math.min(size, LAST_OUTPUT_BYTES));
    const file = openSync(this.logFile, 'r');
    readSync(file, end, 0, end.length, size - end.length);
    closeSync(file);
    return end.toString('utf8');
  }
}

/** A port that was free a moment ago. */
async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  await new Promise((resolve) => server.close(resolve));
  return port;
}
