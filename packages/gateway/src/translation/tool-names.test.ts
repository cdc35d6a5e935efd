import { describe, expect, it } from 'vitest';
import { isObject, type JsonObject } from '../canonical/json.ts';
import { protocolNames } from '../canonical/protocol-name.ts';
import { createFrameSplitter } from '../framing/frame-splitter.ts';
import { findProtocol } from '../protocols/find-protocol.ts';
import { findTokenCounting } from '../protocols/token-counting.ts';
import { translateCount } from './count-tokens.ts';
import { cross } from './crossings.fixture.ts';
import { fitToolNames, givingNamesBack } from './tool-names.ts';
import { readConversation } from './translation.ts';

const long = `mcp__plugin_chrome-devtools-mcp_chrome-devtools__${'performance_'.repeat(2)}analyze_insight`;

function chatBody(names: readonly string[], more: object = {}): JsonObject {
  const tools = names.map((name) => ({ type: 'function', function: { name } }));
  return { model: 'm', messages: [{ role: 'user', content: 'Hi' }], tools, ...more };
}

function read(body: JsonObject) {
  const { readFacts } = findProtocol('openai-chat').client;
  return readConversation('openai-chat', Buffer.from(JSON.stringify(body)), readFacts(body));
}

const rule = { pattern: /^[a-zA-Z0-9_-]{1,64}$/, longest: 64 };

describe('names of tools', () => {
  it('are not looked at again where all of them fit', () => {
    expect(fitToolNames(read(chatBody(['look', 'a-b', 'x'.repeat(64)])), rule)).toBeUndefined();
  });

  it('are short, the same each time, and say at their end what they said', () => {
    const [first, second] = [0, 1].map(() =>
      fitToolNames(read(chatBody([long])), rule)!.inRequest(read(chatBody([long]))),
    );
    expect(first).toEqual(second);
    expect(first!.tools[0]!.name).toMatch(/^[a-z_]{1,55}analyze_insight_[0-9a-f]{8}$/);
    expect(first!.tools[0]!.name.length).toBeLessThanOrEqual(64);
  });

  it('are none that another tool has', () => {
    const [alias] = fitToolNames(read(chatBody([long])), rule)!.inRequest(read(chatBody([long]))).tools;
    const request = read(chatBody([long, alias!.name, `${long}.`]));
    const names = fitToolNames(request, rule)!
      .inRequest(request)
      .tools.map(({ name }) => name);
    expect(new Set(names).size).toBe(3);
    expect(names[1]).toBe(alias!.name);
  });

  it('are sent as they are on their own wire', async () => {
    const { text } = await cross({ from: 'openai-chat', to: 'openai-chat', body: chatBody([long, 'a.b']) });
    expect(text).toContain(`"${long}"`);
    expect(text).toContain('"a.b"');
  });

  it('are one name in tools, choices, calls and results', async () => {
    const call = { id: 'c1', type: 'function', function: { name: 'a b', arguments: '{}' } };
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c1', content: 'ok' },
    ];
    const choice = { type: 'function', function: { name: 'a b' } };
    for (const to of protocolNames.filter((name) => name !== 'openai-chat' && name !== 'cohere-chat')) {
      const { text } = await cross({
        from: 'openai-chat',
        to,
        body: chatBody(['a b'], { messages, tool_choice: choice }),
      });
      expect(text).not.toContain('"a b"');
      const sent = new Set([...text.matchAll(/"(a_b_[0-9a-f]{8})"/g)].map(([, name]) => name));
      expect(sent.size, to).toBe(1);
    }
  });

  it('are fitted where only tokens are counted', () => {
    const tools = [{ name: long, input_schema: {} }];
    const { decodeRequest } = findTokenCounting('anthropic-messages')!;
    const { calls } = translateCount({
      conversation: decodeRequest({ model: 'm', messages: [{ role: 'user', content: 'Hi' }], tools }),
      client: 'anthropic-messages',
      model: 'gemini-2.5-pro',
      place: { path: '/', endpoint: { protocol: 'gemini', credentialHeaders: [], pathOf: () => '/', quirks: {} } },
    });
    expect(calls[0]!.body.toString()).toMatch(/"_?[a-z_]{1,54}analyze_insight_[0-9a-f]{8}"/);
    expect(calls[0]!.body.toString()).not.toContain(long);
  });

  it('of the request that an answer repeats are those of the caller', async () => {
    const request = read(chatBody([long]));
    const names = fitToolNames(request, rule)!;
    names.inRequest(request);
    expect(request.tools[0]!.name).toBe(long);
  });
});

describe.each(protocolNames)('an answer of %s', (wire) => {
  const request = read(chatBody(['a b']));
  const names = fitToolNames(request, rule)!;
  const alias = names.inRequest(request).tools[0]!.name;
  const { client, framing } = findProtocol(wire);
  const { upstream } = givingNamesBack(findProtocol(wire), names);
  const context = { id: 'gw1', model: 'm', created: 0, includeUsage: true, request, isSse: true };
  const call = { type: 'tool-call', id: 'call_1', name: alias, kind: 'function' } as const;
  const finish = { reason: 'tool-calls', raw: undefined } as const;
  const head = { id: 'x', model: 'm', created: 0, serviceTier: undefined };

  it('has the name that the caller gave', () => {
    const parts = [{ ...call, arguments: '{}' }];
    const choices = [{ index: 0, parts, finish, logprobs: undefined }];
    const body: unknown = JSON.parse(client.encodeAnswer({ ...head, choices, usage: undefined }, context).toString());
    if (!isObject(body)) throw new TypeError('no object');
    const answer = upstream.decodeAnswer(body, { idSeed: '0123456789abcdef' });
    expect(answer.choices[0]!.parts).toMatchObject([{ type: 'tool-call', name: 'a b' }]);
  });

  it('has it at every split of its stream', () => {
    const encoder = client.createStreamEncoder(context);
    const bytes = Buffer.concat([
      encoder.push({ type: 'start', ...head }),
      encoder.push({ type: 'part-start', index: 0, choice: 0, part: call }),
      encoder.push({ type: 'delta', index: 0, text: '{}' }),
      encoder.push({ type: 'part-end', index: 0 }),
      encoder.push({ type: 'finish', choice: 0, finish }),
      encoder.push({ type: 'end' }),
    ]);
    for (let at = 0; at <= bytes.length; at++) {
      const told: string[] = [];
      const decoder = upstream.createStreamDecoder({ idSeed: '0123456789abcdef' });
      const take = (event: { type: string; part?: unknown }) => {
        if (event.type === 'part-start' && isObject(event.part)) told.push(String(event.part['name']));
      };
      const onEvent = (event: { name: string; data: Buffer }) => decoder.read(event, take);
      const splitter = createFrameSplitter(framing, { maxEventBytes: 1 << 20, onEvent });
      splitter.push(bytes.subarray(0, at));
      splitter.push(bytes.subarray(at));
      splitter.end();
      decoder.finish(take);
      expect(told).toEqual(['a b']);
      expect(decoder.isFinished).toBe(true);
    }
  });
});
