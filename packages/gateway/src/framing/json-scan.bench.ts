import { ChatStreamReader } from '../protocols/openai-chat/stream-reader.ts';
import { scanJson } from './json-scan.ts';
import { sseEvent } from './sse-event.fixture.ts';
import { SseSplitter } from './sse-splitter.ts';

// What one streamed event costs on its way through a relay. Node 20 runs no TypeScript, so bundle it first:
//   npx esbuild packages/gateway/src/framing/json-scan.bench.ts --bundle --platform=node --format=esm \
//     --outfile=packages/gateway/dist/json-scan.bench.mjs
//   node packages/gateway/dist/json-scan.bench.mjs

const chunk = {
  id: 'chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz012',
  object: 'chat.completion.chunk',
  created: 1753000000,
  model: 'gpt-4o-mini-2024-07-18',
  system_fingerprint: 'fp_560af6e559',
  choices: [{ index: 0, delta: { content: ' word' }, finish_reason: null }],
};
const event = Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`);
const data = event.subarray('data: '.length, -2);
const tenEvents = Buffer.concat(new Array(10).fill(event));

const perRound = 5_000;
const rounds = 200;

/** Prints nanoseconds per event in the best round, which the rest of the machine disturbed least. */
function measure(name: string, run: (events: number) => void): void {
  run(20 * perRound);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const startedAt = process.hrtime.bigint();
    run(perRound);
    best = Math.min(best, Number(process.hrtime.bigint() - startedAt) / perRound);
  }
  console.log(`${name.padEnd(40)} ${best.toFixed(0).padStart(6)} ns`);
}

function repeat(step: () => void, eventsPerStep = 1): (events: number) => void {
  return (events) => {
    for (let count = 0; count < events; count += eventsPerStep) step();
  };
}

function splitter(reader?: ChatStreamReader): SseSplitter {
  return new SseSplitter({ maxEventBytes: 1 << 20, onEvent: (received) => void reader?.read(received) });
}

const reader = (): ChatStreamReader => new ChatStreamReader({ choices: 1, hideUsage: true });
const ignore = (): void => {};

console.log(`one event of ${event.length} bytes, Node ${process.versions.node}`);
measure(
  'JSON.parse',
  repeat(() => JSON.parse(data.toString('utf8'))),
);
measure(
  'scanJson',
  repeat(() => scanJson(data, 0, data.length, ignore)),
);
const alone = reader();
const wholeEvent = sseEvent(data);
measure(
  'ChatStreamReader',
  repeat(() => alone.read(wholeEvent)),
);
const plain = splitter();
measure(
  'SseSplitter, an event in a chunk',
  repeat(() => plain.push(event)),
);
measure(
  'SseSplitter, ten events in a chunk',
  repeat(() => plain.push(tenEvents), 10),
);
const both = splitter(reader());
measure(
  'both, an event in a chunk',
  repeat(() => both.push(event)),
);
measure(
  'both, ten events in a chunk',
  repeat(() => both.push(tenEvents), 10),
);
