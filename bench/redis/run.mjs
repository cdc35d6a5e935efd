/**
 * `node bench/redis/run.mjs [--rounds N] [--seconds N]`: what a request with every limit and budget takes of Redis: time of
 * its one thread, and commands within the scripts. It starts a server of its own.
 */
import { parseArgs } from 'node:util';
import { loadBundle } from '../load-bundle.mjs';
import { spreadOf } from '../measurement.mjs';

/** @typedef {typeof import('../../packages/gateway/src/stores/redis/redis.bench.ts')} RedisBench */

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '2' } },
});
/** @type {RedisBench} */
const { measureRequests } = await loadBundle('packages/gateway/src/stores/redis/redis.bench.ts');
const rounds = { rounds: Number(values.rounds), ms: Number(values.seconds) * 1_000 };
for (const { atOnce, commands, rounds: costs } of await measureRequests([1, 8, 32], rounds)) {
  const { median, min, max } = spreadOf(costs);
  const range = `(${min.toFixed(0)}–${max.toFixed(0)})`;
  console.log(
    `  ${atOnce} at once`.padEnd(16),
    `${median.toFixed(0)} µs ${range}`.padEnd(22),
    `${commands.toFixed(0)} commands`,
  );
}
