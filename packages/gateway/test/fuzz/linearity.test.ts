import { describe, expect, it } from 'vitest';
import type { ChatRequest, Part, Tool, Turn } from '../../src/canonical/conversation.ts';
import { findProtocol } from '../../src/protocols/find-protocol.ts';
import type { Protocol } from '../../src/protocols/protocol.ts';
import { protocols } from '../../src/protocols/registry.gen.ts';
import { fitRequest } from '../../src/translation/fit-request.ts';
import { expectLinear } from './cpu-growth.ts';
import { patience } from './runs.ts';
import { bodyOf } from './wire-stream.ts';

/** Each wire once as what is read and once as what is written: what a pair costs is what its halves cost. */
const ring = protocols.map((from, index) => pairOf(from, protocols[(index + 1) % protocols.length]!));
const { client } = findProtocol('openai-chat');
const asked = bodyOf(JSON.stringify({ messages: [{ role: 'user', content: 'Hi' }] }));
const plain: ChatRequest = client.decodeRequest(asked, client.readFacts(asked));

describe('the cost of a request grows with it', () => {
  const requests: readonly (readonly [string, number, (size: number) => ChatRequest])[] = [
    ['10,000 messages', 2_500, (size) => ({ ...plain, turns: manyTurns(size) })],
    ['10,000 parallel calls and their results', 2_500, (size) => ({ ...plain, turns: parallelCalls(size) })],
    ['10,000 parts of one message', 2_500, (size) => ({ ...plain, turns: [{ role: 'user', parts: texts(size) }] })],
    ['200 tools with deep schemas', 50, (size) => ({ ...plain, tools: deepTools(size) })],
    ['a megabyte of arguments', 1 << 18, (size) => ({ ...plain, turns: longCall(size) })],
  ];

  it.each(requests.flatMap(([title, size, make]) => ring.map((pair) => [title, ...pair, size, make] as const)))(
    '%s: %s',
    (_title, _name, from, to, size, make) => {
      expectLinear({
        size,
        prepare: (count) => {
          const text = writtenBy(from, make(count));
          return () => {
            const body = bodyOf(text);
            const conversation = from.client.decodeRequest(body, from.client.readFacts(body));
            expect(writtenBy(to, fitRequest(conversation, from, to).request).length).toBeGreaterThan(count);
          };
        },
      });
    },
    patience(60_000),
  );
});

describe('a message of more parts than a call takes arguments', () => {
  it.each(ring)('%s', (_name, from, to) => {
    const turns: Turn[] = [
      { role: 'user', parts: texts(2) },
      { role: 'user', parts: texts(200_000) },
      { role: 'assistant', parts: [{ type: 'text', text: 'Yes.' }] },
      { role: 'user', parts: texts(2) },
    ];
    const body = bodyOf(writtenBy(from, { ...plain, turns }));
    const conversation = from.client.decodeRequest(body, from.client.readFacts(body));
    expect(writtenBy(to, fitRequest(conversation, from, to).request)).toContain('Word 199999');
  });
});

function pairOf(from: Protocol, to: Protocol) {
  return [`${from.name} → ${to.name}`, from, to] as const;
}

function writtenBy({ upstream }: Protocol, request: ChatRequest): string {
  const encoded = upstream.encodeRequest(request, { model: 'm', quirks: {}, defaultMaxOutputTokens: 4_096 });
  return encoded.toString('utf8');
}

function manyTurns(count: number): Turn[] {
  return Array.from({ length: count }, (_, index): Turn => {
    if (index % 2 === 0) return { role: 'user', parts: [{ type: 'text', text: `Question ${index}` }] };
    return { role: 'assistant', parts: [{ type: 'text', text: 'Yes.' }] };
  });
}

function parallelCalls(count: number): Turn[] {
  const ids = Array.from({ length: count }, (_, index) => `call_${index}`);
  const calls = ids.map((id): Part => ({ type: 'tool-call', id, name: 'f', arguments: '{}', kind: 'function' }));
  const results = ids.map((callId): Part => {
    const content = [{ type: 'text' as const, text: 'ok' }];
    return { type: 'tool-result', callId, name: 'f', content, isError: false, kind: 'function' };
  });
  return [
    { role: 'user', parts: [{ type: 'text', text: 'Go.' }] },
    { role: 'assistant', parts: calls },
    { role: 'user', parts: results },
  ];
}

function texts(count: number): Part[] {
  return Array.from({ length: count }, (_, index): Part => ({ type: 'text', text: `Word ${index}` }));
}

function longCall(size: number): Turn[] {
  const turns = parallelCalls(1);
  const parts: Part[] = [
    { type: 'tool-call', id: 'call_0', name: 'f', arguments: `{"a":"${'b'.repeat(size)}"}`, kind: 'function' },
  ];
  return [turns[0]!, { role: 'assistant', parts }, turns[2]!];
}

function deepTools(count: number): Tool[] {
  let schema: object = { type: 'string' };
  for (let depth = 0; depth < 50; depth++)
    schema = { type: 'object', properties: { a: schema, b: { type: 'integer' } } };
  return Array.from({ length: count }, (_, index): Tool => {
    return { type: 'function', name: `tool_${index}`, description: 'Does it.', schema, strict: undefined };
  });
}
