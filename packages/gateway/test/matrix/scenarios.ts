import { expect } from 'vitest';
import { type Cell, converse, exchange, type Mode } from './cell.ts';
import type { Call, Counts, Json, Tool } from './wire-client.ts';

/** What a cell must be able to do. */
export interface Scenario {
  readonly title: string;
  readonly modes: readonly Mode[];
  readonly run: (cell: Cell) => Promise<void>;
}

const both: readonly Mode[] = ['unary', 'stream'];

/** A red dot, as PNG. */
const dot =
  'iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg==';

const citySchema: Json = {
  type: 'object',
  properties: {
    city: { type: 'string', description: 'Its name.' },
    days: { type: 'integer' },
    note: { type: 'string' },
  },
  required: ['city', 'days', 'note'],
  additionalProperties: false,
};
const townSchema: Json = {
  type: 'object',
  properties: { city: { type: 'string' }, people: { type: 'integer' } },
  required: ['city', 'people'],
  additionalProperties: false,
};
export const forecast: Tool = { name: 'get_forecast', description: 'The weather to come.', schema: citySchema };
const alarm: Tool = { name: 'set_alarm', description: 'Rings.', schema: townSchema };

/** What is in no other cell's exchange, with characters of one to four bytes. */
function sentinel({ client, bench, mode }: Cell, of: string): string {
  return `Grüezi ${of} from ${bench.upstream.wire} for ${client.wire} in one ${mode}: "日本" 🎈 \\ done.`;
}

const firstInput = { city: 'Zürich', days: 3, note: 'say "hi"\n\\ and 🎈' };
const secondInput = { city: 'Oslo', days: 0, note: '' };
const callOf = (input: object) => ({ name: forecast.name, arguments: JSON.stringify(input) });

export const scenarios: readonly Scenario[] = [
  { title: 'text', modes: both, run: text },
  { title: 'system', modes: both, run: system },
  { title: 'image', modes: both, run: image },
  { title: 'tools', modes: both, run: tools },
  { title: 'tool result', modes: both, run: toolResult },
  { title: 'parallel tools', modes: both, run: parallelTools },
  { title: 'structured output', modes: both, run: structuredOutput },
  { title: 'reasoning before a text', modes: both, run: reasoningBeforeText },
  { title: 'reasoning before a call', modes: both, run: reasoningBeforeCall },
  { title: 'reasoning that is hidden', modes: both, run: hiddenReasoning },
  { title: 'stop by length', modes: both, run: length },
  { title: 'error 429', modes: both, run: rateLimited },
  { title: 'error 400', modes: both, run: refused },
  { title: 'error 503', modes: both, run: overloaded },
  { title: 'error in the stream', modes: ['stream'], run: brokenStream },
];

async function text(cell: Cell): Promise<void> {
  const { upstream } = cell.bench;
  const words = sentinel(cell, 'text');
  const question = `Ask ${words}`;
  const answer = { kind: 'answer', text: words, usage: upstream.usage } as const;
  const { said, seen } = await converse(cell, { text: question, maxTokens: 1_234 }, answer);
  expect(seen).toMatchObject({ texts: [question], maxTokens: 1_234, system: '', images: [], tools: [], calls: [] });
  expect(seen).toMatchObject({ schema: undefined, isToThink: false, signatures: [] });
  expect(said).toMatchObject({ text: words, thoughts: '', calls: [], finish: 'stop' });
  // As the words come, and not all at the end.
  if (cell.mode === 'stream') expect(said.pieces).toBeGreaterThan(5);
  expectCounts(said.usage, upstream.counts);
}

function expectCounts({ thought, ...counts }: Counts, { thought: expected, ...rest }: Counts): void {
  expect(counts).toEqual(rest);
  // Of two wires that both count thoughts, none is lost.
  if (thought !== undefined && expected !== undefined) expect(thought).toBe(expected);
}

async function system(cell: Cell): Promise<void> {
  const words = sentinel(cell, 'system');
  const instructions = `Be brief. ${words}`;
  const { said, seen } = await converse(
    cell,
    { system: instructions, text: 'Hello!' },
    { kind: 'answer', text: words },
  );
  expect(seen).toMatchObject({ system: instructions, texts: ['Hello!'] });
  expect(said).toMatchObject({ text: words, finish: 'stop' });
}

async function image(cell: Cell): Promise<void> {
  const words = sentinel(cell, 'image');
  const { said, seen } = await converse(cell, { text: 'What is it?', image: dot }, { kind: 'answer', text: words });
  expect(seen).toMatchObject({ images: [`image/png;base64,${dot}`], texts: ['What is it?'] });
  expect(said.text).toBe(words);
}

async function tools(cell: Cell): Promise<void> {
  const question = { text: sentinel(cell, 'tools'), tools: [forecast, alarm] };
  const { said, seen } = await converse(cell, question, { kind: 'answer', toolCalls: [callOf(firstInput)] });
  expect(seen.texts).toEqual([question.text]);
  expect(seen.tools).toEqual([forecast, alarm]);
  expect(said).toMatchObject({ text: '', finish: 'calls' });
  expectCalls(said.calls, [firstInput]);
}

function expectCalls(calls: readonly Call[], inputs: readonly object[]): void {
  expect(calls.map(({ name, input }) => ({ name, input }))).toEqual(
    inputs.map((input) => ({ name: forecast.name, input })),
  );
  const ids = calls.flatMap(({ id }) => id ?? []);
  expect(new Set(ids).size).toBe(ids.length);
}

async function toolResult(cell: Cell): Promise<void> {
  const asked = { text: 'How will it be?', tools: [forecast] };
  const first = await converse(cell, asked, { kind: 'answer', toolCalls: [callOf(firstInput)] });
  const words = sentinel(cell, 'tool result');
  const results = first.said.calls.map((call) => ({ call, text: `Rain. ${words}` }));
  const question = { ...asked, next: { said: first.said, results } };
  const { said, seen } = await converse(cell, question, { kind: 'answer', text: words });
  expect(seen.calls.map(({ id: _, ...call }) => call)).toEqual([
    { name: forecast.name, input: firstInput, result: `Rain. ${words}` },
  ]);
  expect(seen).toMatchObject({ texts: ['How will it be?'], tools: [forecast] });
  expect(said).toMatchObject({ text: words, calls: [], finish: 'stop' });
}

async function parallelTools(cell: Cell): Promise<void> {
  const asked = { text: 'How will it be?', tools: [forecast] };
  const inputs = [firstInput, secondInput];
  const answer = { kind: 'answer', toolCalls: inputs.map(callOf), interleave: true } as const;
  const first = await converse(cell, asked, answer);
  expectCalls(first.said.calls, inputs);
  expect(first.said.finish).toBe('calls');
  const results = first.said.calls.map((call, index) => ({ call, text: `Result ${index}` }));
  // Ids say what belongs to what; without them, the order does.
  const hasIds = first.said.calls.every(({ id }) => id !== undefined) && cell.bench.upstream.wire !== 'gemini';
  const next = { said: first.said, results: hasIds ? results.reverse() : results };
  const words = sentinel(cell, 'parallel tools');
  const { said, seen } = await converse(cell, { ...asked, next }, { kind: 'answer', text: words });
  expect(seen.calls.map(({ input, result }) => ({ input, result }))).toEqual([
    { input: firstInput, result: 'Result 0' },
    { input: secondInput, result: 'Result 1' },
  ]);
  expect(said.text).toBe(words);
}

async function structuredOutput(cell: Cell): Promise<void> {
  const { said, seen } = await converse(cell, { text: 'Which town?', schema: townSchema }, { kind: 'answer' });
  expect(seen.schema).toEqual(townSchema);
  expect(said).toMatchObject({ calls: [], finish: 'stop' });
  // What the provider makes of the schema that it was given.
  expect(JSON.parse(said.text)).toEqual({ city: 'Zürich', people: 7 });
}

async function reasoningBeforeText(cell: Cell): Promise<void> {
  const words = sentinel(cell, 'reasoning');
  const { thoughts, signature, answer } = reasoned(cell, 'text');
  const asked = { text: 'Why?', thinks: true, maxTokens: 8_000 };
  const first = await converse(cell, asked, { ...answer, text: words });
  expect(first.seen.isToThink).toBe(true);
  expect(first.said).toMatchObject({ thoughts, text: words, finish: 'stop' });
  const question = { ...asked, next: { said: first.said, text: 'And now?' } };
  const { seen, attempt } = await converse(cell, question, { kind: 'answer', text: words });
  expect(seen.texts).toEqual(['Why?', 'And now?']);
  expectReturned(cell, { seen, body: attempt.body, thoughts, signature });
}

async function reasoningBeforeCall(cell: Cell): Promise<void> {
  const { thoughts, signature, answer } = reasoned(cell, 'call');
  const asked = { text: 'Why?', thinks: true, maxTokens: 8_000, tools: [forecast] };
  const first = await converse(cell, asked, { ...answer, toolCalls: [callOf(firstInput), callOf(secondInput)] });
  expect(first.said).toMatchObject({ thoughts, finish: 'calls' });
  expectCalls(first.said.calls, [firstInput, secondInput]);
  const results = first.said.calls.map((call, index) => ({ call, text: `Result ${index}` }));
  const question = { ...asked, next: { said: first.said, results } };
  const { seen, attempt } = await converse(cell, question, { kind: 'answer', text: 'Well.' });
  expect(seen.calls.map(({ result }) => result)).toEqual(['Result 0', 'Result 1']);
  expectReturned(cell, { seen, body: attempt.body, thoughts, signature });
}

/** Where a wire has no thoughts to hide, its answer is one without any. */
async function hiddenReasoning(cell: Cell): Promise<void> {
  const { hides } = cell.bench.upstream;
  const redacted = Buffer.from(`hidden ÿþ ${sentinel(cell, 'hidden')}?>`).toString('base64');
  const asked = { text: 'Why?', thinks: true, maxTokens: 8_000 };
  const answer = { kind: 'answer', text: 'Because.', ...(hides ? { redacted } : {}) } as const;
  const first = await converse(cell, asked, answer);
  expect(first.said).toMatchObject({ thoughts: '', text: 'Because.', finish: 'stop' });
  const question = { ...asked, next: { said: first.said, text: 'And now?' } };
  const { seen, attempt } = await converse(cell, question, { kind: 'answer', text: 'Well.' });
  expect(seen.texts).toEqual(['Why?', 'And now?']);
  expectNoMarks(attempt.body);
  const isKept = hides && (cell.client.keepsSignatures || cell.client.wire === cell.bench.upstream.wire);
  // Bedrock's are bytes, which it tells in base64.
  const blob = cell.bench.upstream.wire === 'bedrock-converse' ? Buffer.from(redacted).toString('base64') : redacted;
  expect(seen.hidden).toEqual(isKept ? [blob] : []);
}

function reasoned(cell: Cell, of: string) {
  const thoughts = `They want to know. ${sentinel(cell, of)}`;
  // Its alphabet is base64 with all that is odd in it.
  const signature = Buffer.from(`proof ÿþ of ${of} ${thoughts}?>`).toString('base64');
  const { signs } = cell.bench.upstream;
  return {
    thoughts,
    signature,
    answer: { kind: 'answer', reasoning: thoughts, ...(signs ? { signature } : {}) } as const,
  };
}

interface Returned {
  readonly seen: { readonly thoughts: string; readonly signatures: readonly string[] };
  readonly body: Buffer;
  readonly thoughts: string;
  readonly signature: string;
}

/** Gemini's stand-in for the signature of calls that were not its own; others refuse reasoning without a proof. */
export const standIn = 'skip_thought_signature_validator';

function expectReturned({ client, bench }: Cell, { seen, body, thoughts, signature }: Returned): void {
  const { wire, signs, takesUnsignedThoughts } = bench.upstream;
  const isRelay = client.wire === wire;
  const isProven = signs && (client.keepsSignatures || isRelay);
  expectNoMarks(body);
  expect(seen.signatures.filter((value) => value !== standIn)).toEqual(isProven ? [signature] : []);
  if (isProven || takesUnsignedThoughts || isRelay) expect(seen.thoughts).toBe(thoughts);
  else expect(seen.thoughts).toBe('');
}

/** No mark of the gateway's own ever leaves it towards a provider: as text, or as base64 of it. */
export function expectNoMarks(body: Buffer): void {
  for (const mark of ['gw-sig', 'gw-part', 'gw-attached', 'Z3ctc2ln', 'eyJndy1zaWci']) {
    expect({ mark, isSent: body.includes(mark) }).toEqual({ mark, isSent: false });
  }
}

async function length(cell: Cell): Promise<void> {
  const words = Array.from({ length: 40 }, (_, index) => `w${index}`).join(' ');
  const { said, seen } = await converse(cell, { text: 'Count.', maxTokens: 20 }, { kind: 'answer', text: words });
  expect(seen.maxTokens).toBe(20);
  expect(said.finish).toBe('length');
  expect(said.text.trim()).toBe(words.split(' ').slice(0, 20).join(' '));
}

async function rateLimited(cell: Cell): Promise<void> {
  const headers = { 'retry-after': '7' };
  const { reply } = await exchange(cell, { text: 'Hello!' }, { kind: 'status', status: 429, headers });
  expect({ status: reply.status, wait: reply.headers['retry-after'] }).toEqual({ status: 429, wait: '7' });
  expectError(cell, reply, /rate|many/i);
}

async function refused(cell: Cell): Promise<void> {
  const message = `It has ${sentinel(cell, 'error')}`;
  const { reply } = await exchange(cell, { text: 'Hello!' }, { kind: 'status', status: 400, error: { message } });
  expect(reply.status).toBe(400);
  // Where the caller is at fault, the provider's own words say how.
  expect(expectError(cell, reply, /./).message).toContain(message);
}

async function overloaded(cell: Cell): Promise<void> {
  const { reply } = await exchange(cell, { text: 'Hello!' }, { kind: 'status', status: 503 });
  expect(reply.status).toBe(503);
  expectError(cell, reply, /provider|overloaded/i);
}

function expectError({ client }: Cell, reply: Parameters<Cell['client']['readError']>[0], words: RegExp) {
  const error = client.readError(reply);
  expect(error.message).toMatch(words);
  return error;
}

async function brokenStream(cell: Cell): Promise<void> {
  const words = 'One two three four five.';
  const failing = { kind: 'error-event', text: words, afterTokens: 3 } as const;
  const { reply } = await exchange(cell, { text: 'Hello!' }, failing);
  const { text: said, message } = cell.client.readBrokenStream(reply);
  expect(said.trim()).toBe('One two three');
  expect(message).not.toBe('');
}
