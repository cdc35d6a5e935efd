import { closeSync, openSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { systemClock } from '../canonical/clock.ts';
import type { LedgerEntry } from '../canonical/exchange.ts';
import { exchangeFields, logExchange } from './access-line.ts';
import { createLog } from './log.ts';
import { createMetrics } from './metrics.ts';

// What one exchange costs in log line and metrics. Node 20 runs no TypeScript, so bundle it first:
//   npx esbuild packages/gateway/src/telemetry/access-line.bench.ts --bundle --platform=node --format=esm \
//     --packages=external --outfile=packages/gateway/dist/access-line.bench.mjs
//   node packages/gateway/dist/access-line.bench.mjs

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '400' } } });
const rounds = Number(values.rounds);
const perRound = 1000;

function entryOf(index: number): LedgerEntry {
  return {
    id: `req-${index.toString(16).padStart(12, '0')}`,
    operation: 'chat',
    stream: index % 2 === 0,
    principal: 'anonymous',
    requestedModel: 'fast',
    modelLabel: 'fast',
    targetModel: 'gpt-4o-mini-2024-07-18',
    responseModel: 'gpt-4o-mini-2024-07-18',
    provider: 'openai',
    targetId: 'openai-primary',
    status: 200,
    outcome: 'completed',
    failure: undefined,
    attempts: [
      {
        targetId: 'openai-primary',
        provider: 'openai',
        upstreamModel: 'm',
        outcome: 'ok',
        status: 200,
        durationMs: 700.1,
      },
    ],
    usage: { input: 120 + (index % 7), output: 340 },
    durationMs: 700 + (index % 977) / 7,
    firstByteMs: 212.345,
    queuedMs: 0,
    overheadMs: 0.31 + (index % 13) / 1000,
  };
}

const entries = Array.from({ length: 4096 }, (_unused, index) => entryOf(index));

/** Microseconds of CPU time of the whole process per call, flushing in other threads included; the best of five. */
async function measure(name: string, run: (entry: LedgerEntry) => void): Promise<void> {
  let best = Number.POSITIVE_INFINITY;
  for (let repeat = 0; repeat < 5; repeat += 1) {
    const before = process.cpuUsage();
    for (let round = 0; round < rounds; round += 1) {
      for (let index = 0; index < perRound; index += 1) run(entries[index & 4095] as LedgerEntry);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const used = process.cpuUsage(before);
    best = Math.min(best, (used.user + used.system) / (rounds * perRound));
  }
  console.log(`${name.padEnd(48)} ${best.toFixed(2)} µs`);
}

const fd = openSync('/dev/null', 'w');
const log = createLog({
  level: 'info',
  format: 'json',
  destination: { fd },
  redactPersonalData: true,
  clock: systemClock,
});
const sonic = pino.destination({ dest: fd, sync: false, minLength: 4096, maxLength: 10_485_760 });
const raw = log.raw as NonNullable<typeof log.raw>;
const timestamp = raw.timestamp;
const pinoOptions = { base: null, timestamp: () => `,"timestamp":"${timestamp()}"` };
const throughSonic = pino(pinoOptions, sonic);
const throughWriter = pino(pinoOptions, { write: (line: string) => raw.write(Buffer.from(line)) });
const handOverSonic = {
  ...log,
  raw: { ...raw, write: (line: Uint8Array) => void sonic.write(Buffer.from(line).toString()) },
};
const metrics = createMetrics({ defaultMetrics: false });

await measure('pino, sonic-boom', (entry) => throughSonic.info(exchangeFields(entry)));
await measure('pino, line writer', (entry) => throughWriter.info(exchangeFields(entry)));
await measure('by hand, sonic-boom', (entry) => logExchange(handOverSonic, entry));
await measure('by hand, line writer', (entry) => logExchange(log, entry));
await measure('metrics.observe', (entry) => metrics.observe(entry));
log.close();
sonic.flushSync();
closeSync(fd);
