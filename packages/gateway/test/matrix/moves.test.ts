import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProtocolName, protocolNames } from '../../src/canonical/protocol-name.ts';
import { type Bench, clients, converse, exchange, type Mode, startBench } from './cell.ts';
import { expectNoMarks, forecast, standIn } from './scenarios.ts';
import { closeConnections } from './wire-client.ts';

const benches = new Map<ProtocolName, Bench>();
const modes: readonly Mode[] = ['unary', 'stream'];

beforeAll(async () => {
  for (const wire of protocolNames) benches.set(wire, await startBench(wire));
});
afterAll(async () => {
  for (const bench of benches.values()) await bench.stop();
  closeConnections();
});

function benchOf(wire: ProtocolName): Bench {
  const bench = benches.get(wire);
  if (bench === undefined) throw new Error(`No provider speaks ${wire}.`);
  return bench;
}

const asked = { text: 'Why?', thinks: true, maxTokens: 8_000, tools: [forecast] };
const thoughts = 'They want to know.';
const inputs = ['Zürich', 'Oslo'].map((city) => ({ city, days: 1, note: '' }));
const toolCalls = inputs.map((input) => ({ name: forecast.name, arguments: input }));

/** A conversation that one provider began and another goes on with, as after a fallback. */
describe.each(protocolNames)('a client of %s', (wire) => {
  const client = clients[wire];
  const pairs = protocolNames.flatMap((from) =>
    protocolNames.filter((to) => to !== from).flatMap((to) => modes.map((mode) => ({ from, to, mode }))),
  );

  it.each(pairs)('moves from $from to $to with thoughts and calls, $mode', async ({ from, to, mode }) => {
    const signature = Buffer.from(`proof of ${from}ÿ>?`).toString('base64');
    const signed = benchOf(from).upstream.signs ? { signature } : {};
    const answer = { kind: 'answer', reasoning: thoughts, ...signed, toolCalls } as const;
    const { said } = await converse({ client, bench: benchOf(from), mode }, asked, answer);
    const results = said.calls.map((call, index) => ({ call, text: `Result ${index}` }));
    const question = { ...asked, next: { said, results } };
    const bench = benchOf(to);
    const { attempt, reply } = await exchange({ client, bench, mode }, question, { kind: 'answer', text: 'Well.' });
    expect({ status: reply.status, body: reply.status === 200 ? '' : String(reply.bytes) }).toEqual({
      status: 200,
      body: '',
    });
    const seen = bench.upstream.read(attempt);
    expect(seen.calls.map(({ input, result }) => ({ input, result }))).toEqual(
      inputs.map((input, index) => ({ input, result: `Result ${index}` })),
    );
    // What one provider signed, another would refuse.
    expectNoMarks(attempt.body);
    expect(attempt.body.includes(signature)).toBe(false);
    // Calls that were not its own Gemini takes with a stand-in only.
    expect(seen.signatures).toEqual(to === 'gemini' ? [standIn] : []);
    const again = mode === 'stream' ? client.readStream(reply) : client.readAnswer(reply);
    expect(again).toMatchObject({ text: 'Well.', finish: 'stop' });
  });
});
