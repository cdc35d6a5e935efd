import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashText, stickyHashOf } from './sticky-hash.ts';

const source = { identity: 'anonymous', header: () => undefined, body: undefined };
const byConversation = (body: unknown) => stickyHashOf({ kind: 'conversation' }, { ...source, body });

it('hashes texts to the same numbers in every process, evenly', () => {
  expect([hashText(''), hashText('a'), hashText('key')]).toEqual([2_872_998_923, 444_641_715, 979_252_733]);
  const buckets = new Array<number>(16).fill(0);
  for (let count = 0; count < 16_000; count++) buckets[hashText(`text ${count}`) >>> 28]!++;
  for (const bucket of buckets) expect(Math.abs(bucket - 1_000)).toBeLessThan(150);
});

it('keeps a key or a header together, and nobody without one', () => {
  expect(stickyHashOf({ kind: 'key' }, { ...source, identity: 'abc' })).toBe(hashText('abc'));
  expect(stickyHashOf({ kind: 'key' }, source)).toBeUndefined();
  const header = (name: string) => ({ 'x-session': 's1', 'x-empty': '' })[name];
  expect(stickyHashOf({ kind: 'header', name: 'x-session' }, { ...source, header })).toBe(hashText('s1'));
  expect(stickyHashOf({ kind: 'header', name: 'x-empty' }, { ...source, header })).toBeUndefined();
  expect(stickyHashOf({ kind: 'header', name: 'x-other' }, { ...source, header })).toBeUndefined();
});

describe('a conversation', () => {
  const user = (text: string) => ({ role: 'user', content: text });
  const assistant = (text: string) => ({ role: 'assistant', content: text });
  const shapes: readonly [name: string, of: (system: string, turns: readonly string[]) => object][] = [
    [
      'with the system among its messages',
      (system, turns) => ({
        messages: [
          { role: 'system', content: system },
          ...turns.map((text, index) => (index % 2 === 0 ? user(text) : assistant(text))),
        ],
      }),
    ],
    [
      'with the system apart',
      (system, turns) => ({
        system: [{ type: 'text', text: system, cache_control: { type: 'ephemeral' } }],
        messages: turns.map((text, index) => (index % 2 === 0 ? user(text) : assistant(text))),
      }),
    ],
    [
      'in parts',
      (system, turns) => ({
        systemInstruction: { parts: [{ text: system }] },
        contents: turns.map((text, index) => ({ role: index % 2 === 0 ? 'user' : 'model', parts: [{ text }] })),
      }),
    ],
    [
      'as input items',
      (system, turns) => ({
        instructions: system,
        input: turns.map((text, index) => (index % 2 === 0 ? user(text) : assistant(text))),
      }),
    ],
  ];

  it.each(shapes)('%s stays together as it goes on', (_name, bodyOf) => {
    const texts = fc.array(fc.string({ minLength: 1, maxLength: 2_000 }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(fc.string(), texts, (system, turns) => {
        const first = byConversation(bodyOf(system, turns.slice(0, 1)));
        expect(first).toBeDefined();
        expect(byConversation(bodyOf(system, turns))).toBe(first);
      }),
    );
  });

  it.each(shapes)('%s is told apart by its instructions and by its first question', (_name, bodyOf) => {
    const bodies = [
      bodyOf('be kind', ['hi']),
      bodyOf('be kind', ['ho']),
      bodyOf('be short', ['hi']),
      bodyOf('be kind', [`${'long '.repeat(400)}a`]),
      bodyOf('be kind', [`${'long '.repeat(400)}b`]),
    ];
    expect(new Set(bodies.map(byConversation)).size).toBe(bodies.length);
  });

  it('is the same when its first turn is written as parts, or gets the mark of a cache', () => {
    const plain = byConversation({ messages: [user('hi')] });
    const marked = { type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } };
    expect(byConversation({ messages: [{ role: 'user', content: [marked] }] })).toBe(plain);
  });

  it('is told by the key of its cache where it has one', () => {
    const body = { prompt_cache_key: 'session 1', input: 'hi' };
    expect(byConversation(body)).toBe(hashText('session 1'));
  });

  it('may be a single prompt, or nothing', () => {
    expect(byConversation({ input: 'hi' })).toBe(byConversation({ prompt: 'hi' }));
    for (const body of [undefined, {}, { messages: [] }, { messages: 7 }, { input: [1, 2] }]) {
      expect(byConversation(body)).toBeUndefined();
    }
  });

  it('is read only so far, however long or deep its beginning is', () => {
    let nested: unknown = 'deep';
    for (let depth = 0; depth < 100; depth++) nested = [nested];
    expect(byConversation({ system: nested })).toBeUndefined();
    const many = Array.from({ length: 100_000 }, (_value, index) => ({ text: `${index}` }));
    expect(byConversation({ system: many })).toBe(byConversation({ system: many.slice(0, 64) }));
  });
});
