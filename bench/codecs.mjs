/**
 * `node bench/codecs.mjs`: what translation costs without sockets, for each pair of wires: microseconds for each event
 * of a stream, and for a small request with its whole answer. CPU time of this process, the best of some rounds.
 */
import { loadBundle } from './load-bundle.mjs';
import { formatTable } from './table.mjs';

const ROUNDS = 12;
const EVENTS = 20_000;
const REQUESTS = 2_000;

/** @typedef {typeof import('./codec-work.ts')} CodecWork */

/**
 * Microseconds of CPU time that one of `count` takes in the best round.
 * @param {(count: number) => void} run
 * @param {number} count
 */
function measure(run, count) {
  run(count);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.cpuUsage();
    run(count);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / count);
  }
  return best;
}

/** @type {CodecWork} */
const { names, streamWork, unaryWork } = await loadBundle('bench/codec-work.ts');
const tables = [
  {
    title: 'an event of a stream, µs: from the wire in the row to that in the column',
    work: streamWork,
    count: EVENTS,
  },
  {
    title: 'a request and its whole answer, µs: the client in the row, the upstream in the column',
    work: unaryWork,
    count: REQUESTS,
  },
];
for (const { title, work, count } of tables) {
  // Every pair once before any is measured: code that has seen one pair only is faster than it will ever be in use.
  for (const from of names) for (const to of names) work(from, to)(count / 10);
  const rows = names.map((from) => [from, ...names.map((to) => measure(work(from, to), count).toFixed(2))]);
  process.stdout.write(`${title}\n\n${formatTable({ headers: ['', ...names], rows, isMarkdown: false })}\n\n`);
}
