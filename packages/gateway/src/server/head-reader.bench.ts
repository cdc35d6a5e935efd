import { printCpuTime } from '../cpu-time.fixture.ts';
import { HeadReader } from './head-reader.ts';
import { readPlainHead } from './plain-head.ts';

// What the head of a request costs to read: one as a client library sends it, traced, so that two values are others each time.
//   npx esbuild packages/gateway/src/server/head-reader.bench.ts --bundle --platform=node --format=esm \
//     --outfile=packages/gateway/dist/head-reader.bench.mjs
//   node packages/gateway/dist/head-reader.bench.mjs
// Node 20, a shared 2-core machine, least of 60 rounds: read by itself 5.0 µs, as one of its connection 1.0 µs, and 0.5 µs where
// nothing but its length is another each time.

const HEADS = 2_000;

function headOf(index: number, trace: string): Buffer {
  const fixed = Array.from({ length: 12 }, (_, at) => `X-Library-Header-${at}: some value`);
  const lines = ['Host: 127.0.0.1:8080', 'Connection: keep-alive', 'Content-Type: application/json', ...fixed];
  lines.push('Authorization: Bearer sk-bench-00000000-0000-4000-8000-000000000000', `traceparent: 00-${trace}-01`);
  lines.push(`Content-Length: ${200 + (index % 700)}`);
  return Buffer.from(`POST /v1/chat/completions HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

const same = Array.from({ length: HEADS }, (_, index) => headOf(index, 'a'.repeat(49)));
const traced = Array.from({ length: HEADS }, (_, index) => headOf(index, String(index).padStart(49, 'a')));
const ofSame = new HeadReader();
printCpuTime('the same but for its length', same, (head) => void ofSame.read(head));
const ofTraced = new HeadReader();
printCpuTime('traced', traced, (head) => void ofTraced.read(head));
printCpuTime('traced, read by itself', traced, (head) => void readPlainHead(head));
