import { printCpuTime } from '../cpu-time.fixture.ts';
import { scanJson } from '../framing/json-scan.ts';
import { readUnary } from './read-unary.ts';

// What reading a whole answer costs: the runtime's parser against the walk over the bytes, by the answer's length.
//   npx esbuild packages/gateway/src/relay/read-unary.bench.ts --bundle --platform=node --format=esm \
//     --outfile=packages/gateway/dist/read-unary.bench.mjs
//   node packages/gateway/dist/read-unary.bench.mjs
// Node 20, a shared 2-core machine, least of 60 rounds, parsed against walked: a chat of 559 bytes 1.16 and 1.22 µs, of 1.3 kB
// with escapes 1.9 and 3.2 µs, of 6.3 kB 3.2 and 3.9 µs; an embedding of 1536 numbers 123 and 69 µs. The walk is told of
// every member besides, which parsing is not: reading the chat of 559 bytes took 2.4 µs by walking and takes 1.6 µs.

const PER_ROUND = 500;

const sentence = 'The benchmark answers with a sentence of ordinary length, as a model would. ';
const paragraph = 'First paragraph.\n\n- item "one"\n- item two with more words in it, and so on\n\n';
const usage = { prompt_tokens: 42, completion_tokens: 64, total_tokens: 106 };

function chat(content: string): Buffer {
  const message = { role: 'assistant', content, refusal: null };
  const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }];
  return Buffer.from(JSON.stringify({ id: 'chatcmpl-bench', object: 'chat.completion', model: 'm', choices, usage }));
}

function embedding(dimensions: number): Buffer {
  const numbers = Array.from({ length: dimensions }, (_, index) => Math.sin(index) / 10);
  return Buffer.from(JSON.stringify({ object: 'list', data: [{ index: 0, embedding: numbers }], model: 'm', usage }));
}

const answers = {
  'a sentence': chat(sentence.repeat(4)),
  'paragraphs with escapes': chat(paragraph.repeat(12)),
  'pages of text': chat(sentence.repeat(80)),
  'an embedding of 512': embedding(512),
  'an embedding of 1536': embedding(1_536),
};
for (const [name, answer] of Object.entries(answers)) {
  const operation = name.includes('embedding') ? 'embeddings' : 'chat';
  const times = Array.from({ length: PER_ROUND }, () => answer);
  printCpuTime(`${name}, ${answer.length} bytes: read`, times, (one) => void readUnary(one, operation, 'openai-chat'));
  printCpuTime(`${name}: parsed`, times, (one) => void JSON.parse(one.toString('utf8')));
  printCpuTime(`${name}: walked`, times, (one) => void scanJson(one, 0, one.length, () => {}));
}
