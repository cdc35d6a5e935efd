/**
 * `node bench/strategies/run.mjs`: what the strategies make of the same load, in virtual time and without sockets: a
 * thousand targets of different speed, size, price and quota that fail now and then, and a million requests. The
 * pickers are the gateway's own. Two runs of one seed print the same, but for the time of a pick.
 */
import { parseArgs } from 'node:util';
import { describeEnvironment } from '../environment.mjs';
import { loadBundle } from '../load-bundle.mjs';
import { formatTable } from '../table.mjs';

/** @typedef {typeof import('./simulation.ts')} Simulation */
/** @typedef {import('./simulation.ts').SimulationInput} Input */
/** @typedef {import('./simulation.ts').SimulationResult} Result */

const help = `Usage: node bench/strategies/run.mjs [OPTIONS]

  --targets N    targets of the tier [default: 1000]
  --requests N   requests to each strategy [default: 1000000]
  --seed N       of everything that is left to chance [default: 1]
  --load SHARE   of the capacity that a perfect sharing would use [default: 0.5]
  --only NAMES   only these strategies, with commas
  --markdown     print the table as Markdown
  --help         print this
`;

/** @typedef {Pick<Input, 'strategy' | 'weights' | 'limits'>} Contestant */

/** @type {readonly Contestant[]} */
const contestants = [
  { strategy: 'round_robin', weights: 'equal', limits: 'none' },
  { strategy: 'random', weights: 'equal', limits: 'none' },
  { strategy: 'weighted', weights: 'capacity', limits: 'none' },
  { strategy: 'least_loaded', weights: 'equal', limits: 'none' },
  { strategy: 'least_loaded', weights: 'capacity', limits: 'none' },
  { strategy: 'latency_optimized', weights: 'equal', limits: 'none' },
  { strategy: 'latency_optimized', weights: 'capacity', limits: 'none' },
  { strategy: 'quota_aware', weights: 'equal', limits: 'none' },
  { strategy: 'sticky', weights: 'equal', limits: 'none' },
  { strategy: 'sticky', weights: 'capacity', limits: 'none' },
  { strategy: 'cost_optimized', weights: 'equal', limits: 'none' },
  { strategy: 'cost_optimized', weights: 'equal', limits: 'capacity' },
];

const headers = [
  'Strategy',
  'Max ÷ mean',
  'Variation',
  'for size',
  'p50 ms',
  'p99 ms',
  'Failed tries',
  'Over quota',
  'Given up',
  '$ for 1,000',
  'Warm',
  'Pick µs',
];

const { values } = parseArgs({
  options: {
    targets: { type: 'string', default: '1000' },
    requests: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    load: { type: 'string', default: '0.5' },
    only: { type: 'string' },
    markdown: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(help);
} else {
  await run();
}

async function run() {
  /** @type {Simulation} */
  const { simulate } = await loadBundle('bench/strategies/simulation.ts');
  const settings = {
    targets: readPositive('targets'),
    requests: readPositive('requests'),
    seed: readPositive('seed'),
    load: readPositive('load'),
  };
  const only = values.only?.split(',');
  const rows = contestants
    .filter(({ strategy }) => only === undefined || only.includes(strategy))
    .map((one) => {
      process.stderr.write(`${one.strategy} …\n`);
      return rowOf(one, simulate({ ...settings, ...one }));
    });
  const { commit, cpu, date, node } = describeEnvironment(new Date());
  const { targets, requests, seed, load } = settings;
  const about = `${targets} targets, ${requests} requests to each strategy, load ${load}, seed ${seed}; commit ${commit}, Node.js ${node}, ${cpu}, ${date}`;
  process.stdout.write(`${about}\n\n${formatTable({ headers, rows, isMarkdown: values.markdown })}\n`);
}

/**
 * @param {Contestant} contestant
 * @param {Result} result
 */
function rowOf({ strategy, weights, limits }, result) {
  const percent = (/** @type {number} */ share) => `${(share * 100).toFixed(2)} %`;
  return [
    strategy + (weights === 'capacity' ? ', weights by size' : '') + (limits === 'capacity' ? ', limits by size' : ''),
    result.skew.toFixed(2),
    result.variation.toFixed(3),
    result.variationForCapacity.toFixed(3),
    result.medianMs.toFixed(0),
    result.p99Ms.toFixed(0),
    percent(result.failedAttempts),
    percent(result.limitedAttempts),
    percent(result.gaveUp),
    result.dollars.toFixed(3),
    percent(result.warm),
    result.pickMicros.toFixed(1),
  ];
}

/** @param {'targets' | 'requests' | 'seed' | 'load'} name */
function readPositive(name) {
  const number = Number(values[name]);
  if (!Number.isFinite(number) || number <= 0)
    throw new Error(`--${name} needs a number above 0, not "${values[name]}".`);
  return number;
}
