import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Part } from '../../canonical/conversation.ts';
import { ask, assistant, call, encode, result, toPart, user } from './request.fixture.ts';
import { itemsOf } from './stream.fixture.ts';

describe('a conversation of another wire', () => {
  it('begins with the user, alternates, and keeps system text in its place', () => {
    const body = encode(
      ask([
        { role: 'system', parts: [{ type: 'text', text: 'One.' }] },
        { role: 'developer', parts: [{ type: 'text', text: 'Two.', cache: { ttl: '1h' } }] },
        assistant('Hello', ' \n'),
        user('A'),
        user(' ', 'B'),
        { role: 'system', parts: [{ type: 'text', text: 'Now in French.' }] },
        assistant(''),
        user('C'),
        assistant('Prefix  '),
      ]),
    );
    expect(body.system).toEqual([{ text: 'One.' }, { text: 'Two.' }, { cachePoint: { type: 'default', ttl: '1h' } }]);
    expect(body.messages).toEqual([
      { role: 'user', content: [{ text: 'Begin.' }] },
      { role: 'assistant', content: [{ text: 'Hello' }] },
      {
        role: 'user',
        content: [
          { text: 'A' },
          { text: 'B' },
          { text: '<system-reminder>\nNow in French.\n</system-reminder>' },
          { text: 'C' },
        ],
      },
      { role: 'assistant', content: [{ text: 'Prefix' }] },
    ]);
  });

  it('of system text only asks for an answer nevertheless', () => {
    const body = encode(ask([{ role: 'system', parts: [{ type: 'text', text: 'One.' }] }]));
    expect(body.messages).toEqual([{ role: 'user', content: [{ text: 'Begin.' }] }]);
  });

  it('has results first, ids that fit, and no empty result', () => {
    const long = `call_${'x'.repeat(80)}`;
    const body = encode(
      ask([
        user('Go'),
        assistant(call('a b'), call(long)),
        user('and', result('a b')),
        user({ ...result(long), content: [], isError: true } as Part),
      ]),
    );
    const calls = body.messages[1];
    const results = itemsOf(body.messages[2].content);
    expect(results.map((block) => Object.keys(block)[0])).toEqual(['toolResult', 'toolResult', 'text']);
    for (const [index, block] of itemsOf(calls.content).entries()) {
      const id = block.toolUse.toolUseId;
      expect(id).toMatch(/^[a-zA-Z0-9_.:-]{1,64}$/);
      expect(results[index]!.toolResult.toolUseId).toBe(id);
    }
    expect(results[1]!.toolResult).toMatchObject({ status: 'error', content: [{ text: '(no output)' }] });
  });

  it('has names of documents that fit, and a text beside them', () => {
    const document = (name?: string): Part => ({
      type: 'document',
      source: { kind: 'data', mediaType: 'application/pdf', data: 'AA==' },
      ...(name === undefined ? {} : { name }),
    });
    const body = encode(ask([user(document('ä/report.v2  (final).pdf'), document('a'), document('a'), document())]));
    const content = itemsOf(body.messages[0].content);
    expect(content.slice(0, 4).map((block) => block.document.name)).toEqual([
      '-report-v2 (final)-pdf',
      'a',
      'a (2)',
      'document',
    ]);
    expect(content[4]).toEqual({ text: '(see the document)' });
  });

  it('has media as the wire calls them, or a reason', () => {
    const media = (type: 'image' | 'document' | 'audio' | 'video', mediaType: string): Part => ({
      type,
      source: { kind: 'data', mediaType, data: 'AA==' },
      path: 'messages[0].content[0]',
    });
    const blockOf = (part: Part) => encode(ask([user(part, 'x')])).messages[0].content[0];
    expect(blockOf(media('image', 'image/jpg'))).toMatchObject({ image: { format: 'jpeg' } });
    expect(blockOf(media('document', 'application/json; charset=utf-8'))).toMatchObject({
      document: { format: 'txt' },
    });
    expect(blockOf(media('audio', 'audio/mpeg'))).toMatchObject({ audio: { format: 'mp3' } });
    expect(blockOf({ type: 'document', source: { kind: 'text', mediaType: 'text/x-what', text: 't' } })).toMatchObject({
      document: { format: 'txt', source: { text: 't' } },
    });
    for (const part of [
      media('image', 'image/tiff'),
      {
        type: 'video',
        source: { kind: 'url', url: 'https://a/b.mp4', mediaType: undefined },
        path: 'messages[0].content[0]',
      },
      { type: 'image', source: { kind: 'file', id: 'file-1', origin: 'openai-chat' }, path: 'messages[0].content[0]' },
      { type: 'foreign', origin: 'openai-chat', value: {}, name: 'x', path: 'messages[0].content[0]' },
    ] as const) {
      expect(() => blockOf(part)).toThrow(expect.objectContaining({ param: 'messages[0].content[0]' }));
    }
  });

  it('has images of the assistant in the turn behind, reasoning of its own only', () => {
    const image: Part = { type: 'image', source: { kind: 'data', mediaType: 'image/png', data: 'AA==' } };
    const reasoning = (origin: 'gemini' | 'bedrock-converse'): Part => ({
      type: 'reasoning',
      text: 'r',
      signature: { origin, value: 's' },
    });
    const body = encode(
      ask([user('a'), assistant(reasoning('gemini'), reasoning('bedrock-converse'), image, 'b'), user('c')]),
    );
    expect(itemsOf(body.messages).slice(1)).toEqual([
      {
        role: 'assistant',
        content: [{ reasoningContent: { reasoningText: { text: 'r', signature: 's' } } }, { text: 'b' }],
      },
      { role: 'user', content: [{ image: { format: 'png', source: { bytes: 'AA==' } } }, { text: 'c' }] },
    ]);
  });

  it('of any turns is one that the wire takes', () => {
    const text = fc.constantFrom('', ' ', '\n', 'a', 'b ');
    const part: fc.Arbitrary<Part> = fc.oneof(
      text.map(toPart),
      fc.constantFrom('1', '2').map(call),
      fc.constantFrom('1', '2').map(result),
    );
    const turn = fc.oneof(
      fc.record({
        role: fc.constantFrom('user' as const, 'assistant' as const),
        parts: fc.array(part, { maxLength: 3 }),
      }),
      fc.record({
        role: fc.constantFrom('system' as const, 'developer' as const),
        parts: fc.array(text.map(toPart), { maxLength: 2 }),
      }),
    );
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 6 }), (turns) => {
        const body = encode(ask(turns));
        expect(body.messages[0].role).toBe('user');
        for (const [index, { role, content }] of itemsOf(body.messages).entries()) {
          expect(role).toBe(index % 2 === 0 ? 'user' : 'assistant');
          expect(itemsOf(content).length).toBeGreaterThan(0);
          for (const { text: said } of itemsOf(content)) expect(String(said).trim()).not.toBe('');
        }
        const hasTools = JSON.stringify(body.messages).includes('toolUse');
        expect(body.toolConfig !== undefined).toBe(hasTools);
      }),
    );
  });
});
