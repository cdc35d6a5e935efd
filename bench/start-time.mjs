import { spreadOf } from './measurement.mjs';
import { Subject } from './subjects.mjs';

/** @typedef {import('./measurement.mjs').Spread} Spread */
/** @typedef {{ subject: import('./subjects.mjs').SubjectName, healthyMs: Spread, relayedMs: Spread }} StartTime */

const RELAY_TRIES = 2_000;

/**
 * How long a subject takes from being spawned to its first 200 on /health, and to the first reply that it relays.
 * @param {{
 *   name: import('./subjects.mjs').SubjectName, bench: import('./subjects.mjs').Bench,
 *   load: import('./load-process.mjs').LoadProcess, rounds: number,
 * }} parts
 * @returns {Promise<StartTime>}
 */
export async function measureStart({ name, bench, load, rounds }) {
  /** @type {number[]} */
  const healthy = [];
  /** @type {number[]} */
  const relayed = [];
  for (let round = 0; round < rounds; round += 1) {
    const spawnedAt = performance.now();
    const subject = await Subject.launch(name, bench);
    await subject.untilHealthy();
    healthy.push(performance.now() - spawnedAt);
    await untilRelayed(subject, load);
    relayed.push(performance.now() - spawnedAt);
    if (subject.child !== undefined) await bench.children.stop(subject.child);
  }
  return { subject: name, healthyMs: spreadOf(healthy), relayedMs: spreadOf(relayed) };
}

/**
 * @param {Subject} subject
 * @param {import('./load-process.mjs').LoadProcess} load
 */
async function untilRelayed(subject, load) {
  for (let attempt = 0; attempt < RELAY_TRIES; attempt += 1) {
    const result = await subject.answer(load, { kind: 'unary', bodyBytes: 250, concurrency: 1, seconds: 0 });
    if (result.ok === 1) return;
  }
  throw new Error(`${subject.name} answered /health and then relayed nothing in ${RELAY_TRIES} tries.`);
}
