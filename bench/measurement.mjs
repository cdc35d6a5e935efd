import { setTimeout as delay } from 'node:timers/promises';
import { readProcessUsage } from './process-usage.mjs';

/** @typedef {import('./scenarios.mjs').Scenario} Scenario */
/** @typedef {import('./subjects.mjs').Subject} Subject */
/** @typedef {import('./subjects.mjs').SubjectName} SubjectName */
/** @typedef {import('./tally.mjs').LoadResult} LoadResult */
/** @typedef {{ median: number, min: number, max: number, rounds: readonly number[] }} Spread */
/** @typedef {{ p50: Spread, p99: Spread }} Percentiles in milliseconds */
/**
 * A subject under a scenario, all rounds. `cpuMicros` is per unit; `resolution` is one clock tick as a share of a round's
 * CPU time; `errors` counts every exchange that did not go right, by kind.
 * @typedef {{
 *   subject: SubjectName, cpuMicros: Spread | undefined, resolution: number | undefined, perSecond: Spread,
 *   latency: Percentiles | undefined, firstEvent: Percentiles | undefined, requests: number, units: number,
 *   errors: Record<string, number>,
 * }} Measurement
 */
/** @typedef {{ name: string, title: string, unit: string, measurements: Measurement[] }} ScenarioReport */
/** @typedef {{ result: LoadResult, cpuSeconds: number | undefined }} Sample */

const TICK_SECONDS = 0.01;
/** Log lines and garbage of a round are still being dealt with for a moment after its last reply. */
const AFTERMATH_MS = 50;
const WARM_UP_SECONDS = 1;
const QUICK_WARM_UP_SECONDS = 0.2;

/**
 * Runs a scenario in rounds: in each, every subject takes its turn, and the next round begins with the next subject, so
 * that what else the machine is doing hits all alike.
 * @param {{
 *   scenario: Scenario, subjects: readonly Subject[], load: import('./load-process.mjs').LoadProcess, rounds: number,
 *   isQuick: boolean,
 * }} parts
 * @returns {Promise<ScenarioReport>}
 */
export async function measureScenario({ scenario, subjects, load, rounds, isQuick }) {
  const able = subjects.filter(({ name }) => scenario.subjects?.includes(name) ?? true);
  const taking = able.filter((subject) => subject.name !== 'direct' || scenario.isLatencyAsked);
  const seconds = isQuick ? scenario.quickSeconds : scenario.seconds;
  for (const subject of taking) {
    const length = isQuick ? QUICK_WARM_UP_SECONDS : WARM_UP_SECONDS;
    await subject.answer(load, scenario.command(length));
    await subject.untilRecorded();
  }
  /** @type {Map<Subject, Sample[]>} */
  const samples = new Map(taking.map((subject) => [subject, []]));
  for (let round = 0; round < rounds; round += 1) {
    const first = round % Math.max(1, taking.length);
    for (const subject of [...taking.slice(first), ...taking.slice(0, first)]) {
      samples.get(subject)?.push(await measureRound(subject, load, scenario.command(seconds)));
    }
  }
  return {
    name: scenario.name,
    title: scenario.title,
    unit: scenario.unit,
    measurements: taking.map((subject) => summarize(subject.name, scenario.unit, samples.get(subject) ?? [])),
  };
}

/**
 * @param {Subject} subject
 * @param {import('./load-process.mjs').LoadProcess} load
 * @param {import('./scenarios.mjs').ScenarioCommand} command
 * @returns {Promise<Sample>}
 */
async function measureRound(subject, load, command) {
  const { pid } = subject;
  const before = pid === undefined ? undefined : readProcessUsage(pid).cpuSeconds;
  const result = await subject.answer(load, command);
  await delay(AFTERMATH_MS);
  // Rows of the ledger are brought to the database behind the replies; that is part of what a request costs.
  await subject.untilRecorded();
  subject.assertRunning();
  if (pid === undefined || before === undefined) return { result, cpuSeconds: undefined };
  return { result, cpuSeconds: readProcessUsage(pid).cpuSeconds - before };
}

/**
 * @param {SubjectName} subject
 * @param {'request' | 'event'} unit
 * @param {Sample[]} samples
 * @returns {Measurement}
 */
function summarize(subject, unit, samples) {
  const unitsOf = (/** @type {Sample} */ sample) => (unit === 'event' ? sample.result.events : sample.result.requests);
  const costs = samples.flatMap((sample) => (sample.cpuSeconds === undefined ? [] : [sample.cpuSeconds]));
  const cpuMicros = samples.map((sample) => ((sample.cpuSeconds ?? 0) * 1e6) / Math.max(1, unitsOf(sample)));
  /** @type {Record<string, number>} */
  const errors = {};
  for (const { result } of samples) {
    for (const [kind, count] of Object.entries(result.errors)) errors[kind] = (errors[kind] ?? 0) + count;
  }
  return {
    subject,
    cpuMicros: costs.length === 0 ? undefined : spreadOf(cpuMicros),
    resolution: costs.length === 0 ? undefined : TICK_SECONDS / Math.max(TICK_SECONDS, spreadOf(costs).median),
    perSecond: spreadOf(samples.map((sample) => unitsOf(sample) / sample.result.seconds)),
    latency: percentilesOf(samples.map((sample) => sample.result.latency)),
    firstEvent: percentilesOf(samples.map((sample) => sample.result.firstEvent)),
    requests: samples.reduce((sum, sample) => sum + sample.result.requests, 0),
    units: samples.reduce((sum, sample) => sum + unitsOf(sample), 0),
    errors,
  };
}

/** @param {import('./tally.mjs').Latency[]} latencies */
function percentilesOf(latencies) {
  const seen = latencies.filter((latency) => latency.count > 0);
  if (seen.length === 0) return undefined;
  return { p50: spreadOf(seen.map((latency) => latency.p50)), p99: spreadOf(seen.map((latency) => latency.p99)) };
}

/**
 * @param {readonly number[]} values at least one
 * @returns {Spread}
 */
export function spreadOf(values) {
  const sorted = [...values].sort((left, right) => left - right);
  const at = (/** @type {number} */ index) => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  const median = (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2;
  return { median, min: at(0), max: at(sorted.length - 1), rounds: values };
}
