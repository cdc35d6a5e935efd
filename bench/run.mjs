/**
 * `npm run bench`: measures the built gateway beside nginx and a bare proxy. See docs/benchmarks.md.
 *
 * Nothing is pinned to a core. On a small machine pinning would let the load or the upstream starve the subject or be
 * starved by it; CPU time per request, which is what is compared, does not depend on where it was spent.
 */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Children } from './children.mjs';
import { describeEnvironment } from './environment.mjs';
import { LoadProcess } from './load-process.mjs';
import { measureScenario } from './measurement.mjs';
import { help, readOptions } from './options.mjs';
import { readProcessUsage, usageIsReadable } from './process-usage.mjs';
import { formatReport } from './report.mjs';
import { scenarios } from './scenarios.mjs';
import { formatSoak, runSoak } from './soak.mjs';
import { measureStart } from './start-time.mjs';
import { absenceOf, Subject } from './subjects.mjs';
import { countErrors, judgeTargets } from './targets.mjs';
import { UpstreamProcess } from './upstream-process.mjs';

/** @typedef {import('./options.mjs').Options} Options */
/** @typedef {{ options: Options, bench: import('./subjects.mjs').Bench, load: LoadProcess, upstream: UpstreamProcess }} Run */

const SETTLE_MS = 1_500;
/** Requests that each subject answers before anything is counted, and seconds that this may take at most. */
const WARM_UP = { requests: 120_000, seconds: 40 };
const QUICK_WARM_UP = { requests: 1, seconds: 1.5 };
/** Seconds after which the requests are counted. */
const WARM_UP_STEP_SECONDS = 1.5;
const KEY = 'sk-bench-00000000-0000-4000-8000-000000000000';

const progress = (/** @type {string} */ line) => process.stderr.write(`${line}\n`);

async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(help);
    return;
  }
  if (!usageIsReadable) throw new Error('CPU time is read from /proc, so the benchmark runs on Linux only.');
  const children = new Children();
  const directory = mkdtempSync(join(tmpdir(), 'llm-gateway-bench-'));
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  const upstream = await UpstreamProcess.start(children);
  const load = await LoadProcess.start(children);
  const run = { options, bench: { children, upstreamPorts: upstream.ports, directory, key: KEY }, load, upstream };
  process.exitCode = options.soakMinutes === undefined ? await measureAll(run) : await soak(run, options.soakMinutes);
}

/**
 * @param {Run} run
 * @returns {Promise<number>} the exit code: 1 when anything was answered wrongly or did not start
 */
async function measureAll({ options, bench, load }) {
  const { subjects, notes, hasFailed } = await startSubjects(options, bench);
  await delay(SETTLE_MS);
  const idle = new Map(subjects.map((subject) => [subject, megabytesOf(subject)]));
  for (const subject of subjects) await checkSubject(subject, load, notes);
  for (const subject of subjects) await warmUp(subject, load, options.isQuick ? QUICK_WARM_UP : WARM_UP);

  const reports = [];
  for (const scenario of scenarios.filter((one) => options.only.includes(one.name))) {
    progress(`${scenario.name}: ${scenario.title}`);
    const { rounds, isQuick } = options;
    reports.push(await measureScenario({ scenario, subjects, load, rounds, isQuick }));
  }
  if (!options.isQuick) await delay(SETTLE_MS);
  const own = subjects.filter((subject) => subject.pid !== undefined);
  const memory = own.map((subject) => ({
    subject: subject.name,
    idleMegabytes: idle.get(subject) ?? 0,
    afterMegabytes: megabytesOf(subject),
  }));
  addDoubts({ subjects, reports, notes, isQuick: options.isQuick });
  const ledgerFaults = await checkLedgers(own);
  notes.push(...ledgerFaults);
  for (const { child } of own) if (child !== undefined) await bench.children.stop(child);

  const starts = [];
  if (options.only.includes('start')) {
    progress('start: from the spawn of the process');
    for (const { name } of own) starts.push(await measureStart({ name, bench, load, rounds: options.isQuick ? 2 : 7 }));
  }
  const targets = judgeTargets({ scenarios: reports, starts, memory });
  const environment = describeEnvironment(new Date());
  const report = {
    environment,
    rounds: options.rounds,
    isQuick: options.isQuick,
    notes,
    scenarios: reports,
    starts,
    memory,
    targets,
  };
  process.stdout.write(formatReport(report, options));
  if (options.jsonFile !== undefined) writeFileSync(options.jsonFile, `${JSON.stringify(report, null, 2)}\n`);
  return hasFailed || ledgerFaults.length > 0 || countErrors(reports) > 0 ? 1 : 0;
}

/**
 * Code that has just been loaded is interpreted, and several times as dear. Compiling what is used most takes a gateway some
 * hundred thousand requests, however long a machine takes for them.
 * @param {Subject} subject
 * @param {LoadProcess} load
 * @param {{ requests: number, seconds: number }} limits
 */
async function warmUp(subject, load, { requests, seconds }) {
  const command = {
    kind: /** @type {const} */ ('unary'),
    bodyBytes: 250,
    concurrency: 32,
    seconds: WARM_UP_STEP_SECONDS,
  };
  let answered = 0;
  for (let taken = 0; taken < seconds && answered < requests; taken += WARM_UP_STEP_SECONDS) {
    answered += (await subject.answer(load, command)).requests;
  }
}

/**
 * @param {Options} options
 * @param {import('./subjects.mjs').Bench} bench
 */
async function startSubjects(options, bench) {
  /** @type {Subject[]} */
  const subjects = [];
  /** @type {string[]} */
  const notes = [];
  let hasFailed = false;
  for (const name of options.subjects) {
    const absence = absenceOf(name);
    if (absence !== undefined) {
      notes.push(`${absence}, so it is not in the tables.`);
      continue;
    }
    try {
      subjects.push(await Subject.start(name, bench));
    } catch (error) {
      hasFailed = true;
      notes.push(/** @type {Error} */ (error).message);
    }
  }
  for (const note of notes) progress(note);
  return { subjects, notes, hasFailed };
}

/**
 * A subject that lets everyone in, or nobody, would be cheap for the wrong reason.
 * @param {Subject} subject
 * @param {LoadProcess} load
 * @param {string[]} notes
 */
async function checkSubject(subject, load, notes) {
  const once = { kind: /** @type {const} */ ('unary'), bodyBytes: 250, concurrency: 1, seconds: 0 };
  const admitted = await subject.answer(load, once);
  if (admitted.ok !== 1) throw new Error(`${subject.name} does not relay: ${JSON.stringify(admitted.statuses)}`);
  if (subject.rows === undefined && subject.name !== 'unrecorded') return;
  const refused = await subject.answer(load, { ...once, key: 'sk-bench-wrong' });
  if (refused.statuses['401'] !== 1)
    notes.push(`${subject.name} did not refuse a wrong key; its figures are without authentication.`);
}

/**
 * A subject that loses rows, or writes some twice, would be cheap or dear for the wrong reason.
 * @param {readonly Subject[]} subjects
 */
async function checkLedgers(subjects) {
  /** @type {string[]} */
  const faults = [];
  for (const subject of subjects) {
    await subject.untilRecorded();
    const fault = await subject.ledgerFault();
    if (fault !== undefined) faults.push(fault);
  }
  for (const fault of faults) progress(fault);
  return faults;
}

/**
 * Notes what makes the figures doubtful.
 * @param {{
 *   subjects: readonly Subject[], reports: readonly import('./measurement.mjs').ScenarioReport[], notes: string[],
 *   isQuick: boolean,
 * }} parts
 */
function addDoubts({ subjects, reports, notes, isQuick }) {
  const gateway = subjects.find((subject) => subject.name === 'gateway');
  if (gateway !== undefined && statSync(gateway.logFile).size < 10_000 && reports.length > 0) {
    notes.push('The gateway wrote no access log; its figures are without one.');
  }
  if (isQuick) return;
  for (const report of reports) {
    for (const { subject, resolution } of report.measurements) {
      if (resolution === undefined || resolution <= 0.02) continue;
      notes.push(`${report.name}, ${subject}: a clock tick is ${(resolution * 100).toFixed(0)} % of a round.`);
    }
  }
}

/** @param {Subject} subject */
function megabytesOf(subject) {
  return subject.pid === undefined ? 0 : readProcessUsage(subject.pid).residentBytes / 2 ** 20;
}

/**
 * @param {Run} run
 * @param {number} minutes
 * @returns {Promise<number>} the exit code
 */
async function soak({ options, bench, load, upstream }, minutes) {
  const name = options.subjects.includes('gateway') ? 'gateway' : options.subjects.find((one) => one !== 'direct');
  if (name === undefined) throw new Error('--soak needs a subject with a process of its own.');
  const absence = absenceOf(name);
  if (absence !== undefined) throw new Error(`${absence}.`);
  const subject = await Subject.start(name, bench);
  const report = await runSoak({ subject, load, upstream, minutes, onProgress: progress });
  process.stdout.write(formatSoak(report));
  const ledgerFaults = await checkLedgers([subject]);
  if (options.jsonFile !== undefined) writeFileSync(options.jsonFile, `${JSON.stringify(report, null, 2)}\n`);
  return Object.keys(report.errors).length > 0 || report.openStreams > 0 || ledgerFaults.length > 0 ? 1 : 0;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${/** @type {Error} */ (error).message}\n`);
  process.exitCode = 1;
}
// The children hold message channels open; leaving ends them.
process.exit();
