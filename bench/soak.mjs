import { setTimeout as delay } from 'node:timers/promises';
import { readProcessUsage } from './process-usage.mjs';

/** @typedef {{ minutes: number, megabytes: number }} MemorySample */
/**
 * What a soak found. `slope` is that of a straight line through the samples after the first quarter, in megabytes an hour;
 * `openStreams` counts streams that the upstream was still sending after the load had ended.
 * @typedef {{
 *   minutes: number, samples: MemorySample[], slope: number, requests: number, aborted: number,
 *   errors: Record<string, number>, openStreams: number,
 * }} SoakReport
 */

const SEGMENT_SECONDS = 10;
const SAMPLE_EVERY_MS = 5_000;
const MEGABYTE = 2 ** 20;

/**
 * Loads a subject for a long time with everything at once: small and large requests, streams of which every fifth is left
 * by its client, and requests with a wrong key. Memory is sampled all the while.
 * @param {{
 *   subject: import('./subjects.mjs').Subject, load: import('./load-process.mjs').LoadProcess,
 *   upstream: import('./upstream-process.mjs').UpstreamProcess, minutes: number,
 *   onProgress: (line: string) => void,
 * }} parts
 * @returns {Promise<SoakReport>}
 */
export async function runSoak({ subject, load, upstream, minutes, onProgress }) {
  const { pid } = subject;
  if (pid === undefined) throw new Error('A soak needs a subject with a process of its own.');
  const startedAt = performance.now();
  const elapsed = () => (performance.now() - startedAt) / 60_000;
  /** @type {SoakReport} */
  const report = { minutes, samples: [], slope: 0, requests: 0, aborted: 0, errors: {}, openStreams: 0 };
  const sample = () => {
    report.samples.push({ minutes: elapsed(), megabytes: readProcessUsage(pid).residentBytes / MEGABYTE });
  };
  sample();
  let nextSample = SAMPLE_EVERY_MS;
  for (let segment = 0; elapsed() < minutes; segment += 1) {
    const work = runSegment({ subject, load, seed: segment + 1 });
    let isDone = false;
    const results = work.finally(() => {
      isDone = true;
    });
    while (!isDone) {
      await Promise.race([results, delay(200)]);
      if (performance.now() - startedAt >= nextSample) {
        sample();
        nextSample += SAMPLE_EVERY_MS;
      }
    }
    for (const result of await results) addResult(report, result);
    onProgress(
      `${elapsed().toFixed(1)} min  ${report.samples.at(-1)?.megabytes.toFixed(0)} MB  ${report.requests} requests`,
    );
  }
  await delay(2_000);
  sample();
  report.openStreams = (await upstream.status()).streams;
  report.slope = slopeOf(report.samples.filter((one) => one.minutes >= minutes / 4));
  return report;
}

/**
 * @param {{ subject: import('./subjects.mjs').Subject, load: import('./load-process.mjs').LoadProcess, seed: number }} parts
 * @returns {Promise<import('./tally.mjs').LoadResult[]>}
 */
async function runSegment({ subject, load, seed }) {
  const seconds = SEGMENT_SECONDS;
  const streams = { kind: /** @type {const} */ ('streams'), bodyBytes: 300, seconds, abortShare: 0.2, seed };
  const unary = { kind: /** @type {const} */ ('unary'), seconds };
  const [rejected, ...results] = await Promise.all([
    subject.answer(load, { ...unary, key: `sk-wrong-${seed}`, bodyBytes: 250, concurrency: 1, seconds: 0.1 }),
    subject.answer(load, { ...unary, bodyBytes: 250, concurrency: 8 }),
    subject.answer(load, { ...unary, bodyBytes: 100_000, concurrency: 1 }),
    subject.answer(load, { ...streams, events: 100, gapMs: 20, concurrency: 40 }),
    subject.answer(load, { ...streams, events: 500, gapMs: 0, concurrency: 2 }),
  ]);
  // A wrong key is meant to be refused; only an answer other than 401 is an error.
  const refused = rejected.statuses['401'] ?? 0;
  return [
    ...results,
    { ...rejected, errors: refused === rejected.requests ? {} : { status: rejected.requests - refused } },
  ];
}

/**
 * @param {SoakReport} report
 * @param {import('./tally.mjs').LoadResult} result
 */
function addResult(report, result) {
  report.requests += result.requests;
  report.aborted += result.aborted;
  for (const [kind, count] of Object.entries(result.errors)) report.errors[kind] = (report.errors[kind] ?? 0) + count;
}

/**
 * Least squares, in megabytes an hour.
 * @param {readonly MemorySample[]} samples
 */
function slopeOf(samples) {
  const mean = (/** @type {(sample: MemorySample) => number} */ value) =>
    samples.reduce((sum, one) => sum + value(one), 0) / Math.max(1, samples.length);
  const time = mean((one) => one.minutes);
  const memory = mean((one) => one.megabytes);
  const covariance = mean((one) => (one.minutes - time) * (one.megabytes - memory));
  const variance = mean((one) => (one.minutes - time) ** 2);
  return variance === 0 ? 0 : (covariance / variance) * 60;
}

/** @param {SoakReport} report */
export function formatSoak({ minutes, samples, slope, requests, aborted, errors, openStreams }) {
  const sizes = samples.map((one) => one.megabytes);
  const failures = Object.entries(errors).map(([kind, count]) => `${count} ${kind}`);
  return [
    `Soak of ${minutes} min: ${requests} requests and streams answered, ${aborted} left by the client`,
    `Errors: ${failures.length === 0 ? '0' : failures.join(', ')}`,
    `Resident memory: ${sizes[0]?.toFixed(0)} MB before, ${Math.max(...sizes).toFixed(0)} MB at most, ${sizes.at(-1)?.toFixed(0)} MB after`,
    `Slope after the first quarter: ${slope.toFixed(1)} MB an hour`,
    `Streams still open at the upstream afterwards: ${openStreams}`,
    '',
  ].join('\n');
}
