import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProtocolName, protocolNames } from '../../src/canonical/protocol-name.ts';
import { type Bench, clients, converse, startBench } from './cell.ts';
import { forecast } from './scenarios.ts';
import { closeConnections } from './wire-client.ts';

/** What each wire takes, as its inventor tells. */
const taken: Readonly<Record<ProtocolName, RegExp>> = {
  'openai-chat': /^[a-zA-Z0-9_-]{1,64}$/,
  'openai-responses': /^[a-zA-Z0-9_-]{1,64}$/,
  'anthropic-messages': /^[a-zA-Z0-9_-]{1,128}$/,
  gemini: /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/,
  'bedrock-converse': /^[a-zA-Z0-9_-]{1,64}$/,
  'cohere-chat': /^[a-zA-Z_][a-zA-Z0-9_]*$/,
};

const oddNames = [`mcp__${'long_'.repeat(28)}read/all`, 'disk.read/all', 'disk_read all', '天気'];
const tools = [...oddNames, 'disk_read_all'].map((name) => ({ ...forecast, name }));
const input = { city: 'Ulm', days: 3, note: '' };

describe.each(protocolNames)('names of tools that %s does not take', (wire) => {
  let bench: Bench;

  beforeAll(async () => {
    bench = await startBench(wire);
  });
  afterAll(async () => {
    await bench.stop();
    closeConnections();
  });

  const others = protocolNames.filter((name) => name !== wire);
  const cases = others.flatMap((name) => [[name, 'unary'] as const, [name, 'stream'] as const]);

  it.each(cases)('are fitted to it and given back to a client of %s, %s, at every split', async (name, mode) => {
    const cell = { client: clients[name], bench, mode };
    const { seen } = await converse(cell, { text: 'Hi', tools }, { kind: 'answer', text: 'Hi.' });
    const sent = seen.tools.map((tool) => String(tool.name));
    for (const one of sent) expect(one).toMatch(taken[wire]);
    expect(new Set(sent).size).toBe(tools.length);
    expect(sent.at(-1)).toBe('disk_read_all');

    const toolCalls = sent.map((alias) => ({ name: alias, arguments: JSON.stringify(input) }));
    const answer = { kind: 'answer', toolCalls, chunking: 'byte' } as const;
    const { said } = await converse(cell, { text: 'Read.', tools }, answer);
    expect(said.calls.map((call) => call.name)).toEqual(tools.map((tool) => tool.name));

    const results = said.calls.map((call, index) => ({ call, text: `Result ${index}` }));
    const next = { said, results };
    const again = await converse(cell, { text: 'Read.', tools, next }, { kind: 'answer', text: 'Done.' });
    expect(again.seen.tools.map((tool) => tool.name)).toEqual(sent);
    expect(again.seen.calls.map((call) => call.name)).toEqual(sent);
  });
});
