import { describe, expect, it } from 'vitest';
import { answerEvents } from '../../canonical/answer-events.ts';
import type { Part } from '../../canonical/conversation.ts';
import { answerOf } from './answer-of.fixture.ts';
import { answerFixtures, citedAnswer, probableAnswer, toolAnswer } from './answers.fixture.ts';
import {
  bodyOf,
  collected,
  decodeAnswer,
  decodeChunks,
  decodeStream,
  encodeAnswer,
  encodeEvents,
} from './stream.fixture.ts';

describe.each(answerFixtures)('$name', ({ unary, stream }) => {
  it('reads alike whole and as a stream', () => {
    expect(collected(decodeStream(stream))).toEqual(decodeAnswer(unary));
  });

  it('reads alike at every split', () => {
    const bytes = Buffer.from(stream);
    const whole = decodeStream(stream);
    for (let at = 1; at < bytes.length; at++) {
      expect(decodeChunks([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole);
    }
    expect(decodeChunks(Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual(whole);
  });

  it('is not whole when it is cut', () => {
    const frames = stream.split('\n\n');
    const end = frames.findIndex((frame) => frame.includes('message-end'));
    for (let count = 0; count <= end; count++) {
      const types = decodeStream(`${frames.slice(0, count).join('\n\n')}\n\n`).map(({ type }) => type);
      expect(types).not.toContain('end');
      expect(types.filter((type) => type === 'part-start')).toHaveLength(
        types.filter((type) => type === 'part-end').length,
      );
    }
    expect(decodeStream(`${frames.slice(0, end + 1).join('\n\n')}\n\n`).at(-1)).toEqual({ type: 'end' });
  });

  it('survives being written', () => {
    const answer = decodeAnswer(unary);
    expect(decodeAnswer(JSON.stringify(encodeAnswer(answer)))).toEqual(answer);
    expect(collected(decodeStream(encodeEvents(decodeStream(stream))))).toEqual(answer);
    expect(collected(decodeStream(encodeEvents(answerEvents(answer))))).toEqual(answer);
  });
});

describe('an answer', () => {
  it('is what the vocabulary says it is', () => {
    expect(decodeAnswer(citedAnswer.unary)).toMatchObject({
      id: 'c-1',
      usage: { input: 410, output: 15, cachedInput: 144, reasoning: 5 },
      choices: [
        {
          parts: [
            { type: 'reasoning', text: 'One document says so.' },
            {
              type: 'text',
              text: '🥝 The kiwi cannot fly.',
              citations: [{ start: 3, end: 11, title: 'Birds', documentIndex: 0, quote: 'The kiwi is flightless.' }],
            },
          ],
          finish: { reason: 'stop', raw: 'COMPLETE' },
        },
      ],
    });
    expect(decodeAnswer(toolAnswer.unary)).toMatchObject({
      choices: [
        {
          parts: [
            { type: 'text', text: 'I will look twice.' },
            { type: 'tool-call', id: 'look_1', name: 'look', arguments: '{"at": "Oslo"}' },
            { type: 'tool-call', id: 'now_2', name: 'now', arguments: '{}' },
          ],
          finish: { reason: 'tool-calls' },
        },
      ],
    });
    expect(decodeAnswer(probableAnswer.unary)).toMatchObject({
      usage: { input: 14, output: 3 },
      choices: [
        {
          finish: { reason: 'length' },
          logprobs: {
            content: [
              { token: 'Hi', logprob: -0.25, bytes: [72, 105] },
              { token: ' you', logprob: -1.5 },
            ],
          },
        },
      ],
    });
  });

  it('is written as it was', () => {
    expect(encodeAnswer(decodeAnswer(citedAnswer.unary))).toMatchObject({
      message: bodyOf(citedAnswer.unary)['message'],
      finish_reason: 'COMPLETE',
    });
    expect(encodeAnswer(decodeAnswer(toolAnswer.unary))['message']).toEqual(bodyOf(toolAnswer.unary)['message']);
  });

  it.each([
    ['COMPLETE', 'stop'],
    ['STOP_SEQUENCE', 'stop-sequence'],
    ['MAX_TOKENS', 'length'],
    ['TOOL_CALL', 'tool-calls'],
    ['ERROR_TOXIC', 'content-filter'],
    ['SOMETHING_NEW', 'other'],
    ['constructor', 'other'],
  ])('that ends with %s ends with %s', (word, reason) => {
    const body = `{"id":"a","message":{"role":"assistant","content":[]},"finish_reason":"${word}"}`;
    const answer = decodeAnswer(body);
    expect(answer.choices[0]?.finish).toEqual({ reason, raw: word });
    const isKnown = !['SOMETHING_NEW', 'constructor'].includes(word);
    expect(encodeAnswer(answer)['finish_reason']).toBe(isKnown ? word : 'COMPLETE');
  });

  it('tells another wire’s citation in its own words', () => {
    const parts: Part[] = [
      { type: 'reasoning', text: 'Hm.' },
      {
        type: 'text',
        text: 'It is so.',
        citations: [
          { title: 'Facts', url: 'https://facts.example', quote: 'So it is.', origin: 'anthropic-messages', raw: {} },
          { documentIndex: 2, start: 6, end: 8, origin: 'gemini', raw: {} },
        ],
      },
    ];
    const citations = [
      {
        start: 0,
        end: 9,
        text: 'It is so.',
        sources: [
          {
            type: 'document',
            id: 'https://facts.example',
            document: { id: 'https://facts.example', title: 'Facts', text: 'So it is.', url: 'https://facts.example' },
          },
        ],
        type: 'TEXT_CONTENT',
        content_index: 1,
      },
      {
        start: 6,
        end: 8,
        text: 'so',
        // A client may refuse the whole answer where a document lacks its title or its text.
        sources: [{ type: 'document', id: 'doc:2', document: { id: 'doc:2', title: '', text: '' } }],
        type: 'TEXT_CONTENT',
        content_index: 1,
      },
    ];
    expect(encodeAnswer(answerOf(parts))['message']).toMatchObject({ citations });
    const written = encodeEvents(answerEvents(answerOf(parts)));
    for (const citation of citations) expect(written).toContain(`"citations":${JSON.stringify(citation)}`);
  });

  it('has no place for what Cohere has no words for', () => {
    const signature = { origin: 'anthropic-messages', value: 'sealed' } as const;
    const parts: Part[] = [
      { type: 'reasoning', text: '', signature, isRedacted: true },
      { type: 'reasoning', text: 'Seen.', signature },
      { type: 'image', source: { kind: 'url', url: 'https://x.example/i.png', mediaType: undefined } },
      { type: 'foreign', origin: 'gemini', value: { executableCode: {} }, name: 'executableCode', path: 'x' },
      { type: 'refusal', text: 'No.' },
    ];
    const content = [
      { type: 'thinking', thinking: 'Seen.' },
      { type: 'text', text: 'No.' },
    ];
    expect(encodeAnswer(answerOf(parts))['message']).toEqual({ role: 'assistant', content });
    expect(encodeAnswer(collected(decodeStream(encodeEvents(answerEvents(answerOf(parts))))))['message']).toEqual({
      role: 'assistant',
      content,
    });
  });
});
