import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../canonical/chat-event.ts';
import { collectAnswer } from '../../canonical/collect-answer.ts';
import { GatewayError } from '../../canonical/gateway-error.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { parseExact, writeExact } from '../../framing/exact-json.ts';
import { blockedStream, failedStream, groundedStream, streamedAnswer, wholeAnswer } from './answers.fixture.ts';
import { answerContext, decoding, playStream, writeStream } from './play-stream.fixture.ts';
import protocol from './protocol.ts';

const whole = protocol.upstream.decodeAnswer(parseExact(wholeAnswer) as JsonObject, decoding);

describe('an answer', () => {
  it('is read with all that it holds', () => {
    expect(whole).toEqual({
      id: 'Made-Up_0123456789abcd',
      model: 'gemini-3-pro-preview',
      created: undefined,
      serviceTier: undefined,
      usage: { input: 40, output: 35, cachedInput: 32, reasoning: 10 },
      choices: [
        {
          index: 0,
          logprobs: undefined,
          finish: { reason: 'tool-calls', raw: 'STOP' },
          parts: [
            { type: 'reasoning', text: '**Weighing it**\n\nTwo cities, so two calls.' },
            {
              type: 'text',
              text: 'Grüße aus 東京 🗼 – I will look.',
              signature: { origin: 'gemini', value: 'EhQKEgFy+a/b==' },
            },
            {
              type: 'tool-call',
              id: 'call_0123456789abcdef_0',
              name: 'weather',
              kind: 'function',
              arguments: '{"city":"Tōkyō","id":12345678901234567890,"factor":1.0}',
              signature: { origin: 'gemini', value: 'EjQKMgFy/+9==' },
            },
            { type: 'tool-call', id: '8f3qk2', name: 'weather', kind: 'function', arguments: '{"city":"Zürich"}' },
          ],
        },
      ],
    });
  });

  it('is the same when it is streamed, wherever the network cuts it', () => {
    for (let cut = 0; cut <= streamedAnswer.length; cut++) {
      const events = playStream([streamedAnswer.subarray(0, cut), streamedAnswer.subarray(cut)]);
      expect(collectAnswer(events)).toEqual(whole);
      expect(events.at(-1)).toEqual({ type: 'end' });
    }
  });

  it('streams text as it comes', () => {
    const deltas = playStream([streamedAnswer]).filter((event) => event.type === 'delta');
    expect(deltas.slice(0, 5).map((event) => event.text)).toEqual([
      '**Weighing it**\n\n',
      'Two cities, so two calls.',
      'Grüße aus 東',
      '京 🗼 –',
      ' I will look.',
    ]);
  });

  it('is written for clients as Google writes it', () => {
    const written = writeStream(playStream([streamedAnswer])).toString();
    expect(written.endsWith('\r\n\r\n')).toBe(true);
    const values = written
      .split('\r\n\r\n')
      .filter((text) => text !== '')
      .map((text) => text.replace(/^data: /, ''));
    for (const text of values) {
      const { candidates, usageMetadata, modelVersion, responseId } = JSON.parse(text) as Record<string, unknown>;
      expect({ candidates, usageMetadata, modelVersion, responseId }).toEqual({
        candidates: [expect.objectContaining({ index: 0, content: expect.objectContaining({ role: 'model' }) })],
        usageMetadata: expect.objectContaining({ promptTokenCount: 40 }),
        modelVersion: 'gemini-3-pro-preview',
        responseId: 'Made-Up_0123456789abcd',
      });
    }
    expect(values[6]).toContain('"args":{"city":"Tōkyō","id":12345678901234567890,"factor":1.0}');
    expect(values.filter((text) => text.includes('finishReason'))).toEqual([values.at(-1)]);
    expect(collectAnswer(playStream([Buffer.from(written)]))).toEqual(whole);
  });

  it('is written as one array for who did not ask for events', () => {
    const events = playStream([streamedAnswer]);
    const values = parseExact(writeStream(events, false).toString()) as unknown[];
    const again = values.map((value) => Buffer.from(`data: ${writeExact(value)}\n\n`));
    expect(collectAnswer(playStream(again))).toEqual(whole);
    const cut = writeStream(events.slice(0, -1), false).toString();
    expect(() => JSON.parse(cut)).toThrow(SyntaxError);
  });

  it('is written whole as it was', () => {
    const written = protocol.client.encodeAnswer(whole, {
      id: 'gw-1',
      model: 'm',
      created: 0,
      includeUsage: true,
      request: {} as never,
      isSse: false,
    });
    expect(protocol.upstream.decodeAnswer(parseExact(written.toString()) as JsonObject, decoding)).toEqual(whole);
  });
});

describe('what is cited', () => {
  const answer = collectAnswer(playStream([groundedStream]));
  const [part] = answer.choices[0]?.parts ?? [];
  const citations = part?.type === 'text' ? part.citations : undefined;

  it('stands at places in UTF-16 units', () => {
    const text = 'Größe: 42 m 🗼. Done.';
    expect(citations?.map(({ url, start, end }) => [url, text.slice(start, end)])).toEqual([
      ['https://example.com/a', 'Größe: 42 m 🗼.'],
      ['https://example.org/b', 'Größe: 42 m 🗼.'],
      ['https://example.org/b', 'Done.'],
    ]);
  });

  it('is told again to clients, at places in bytes', () => {
    expect(collectAnswer(playStream([writeStream(playStream([groundedStream]))]))).toEqual(answer);
    expect(writeStream(playStream([groundedStream])).toString()).toContain('"startIndex":20,"endIndex":25');
  });

  it('had an address of the web that was missing where a document was cited, so that a client read no answer', () => {
    const cited = (...citations: object[]) => [
      { type: 'text', text: 'Yes.', citations: citations.map((one) => ({ origin: 'cohere-chat', raw: {}, ...one })) },
    ];
    const [choice] = answer.choices;
    const parts = cited(
      { title: 'Birds', quote: 'They fly.', start: 0, end: 4 },
      { url: 'https://a.test/', title: 'A' },
    );
    const told = { ...answer, choices: [{ ...choice!, parts: parts as never }] };
    const written = protocol.client.encodeAnswer(told, answerContext());
    expect(JSON.parse(written.toString()).candidates[0].groundingMetadata.groundingChunks).toEqual([
      { retrievedContext: { title: 'Birds', text: 'They fly.' } },
      { web: { uri: 'https://a.test/', title: 'A' } },
    ]);
  });

  it('counts what tools brought into the prompt as input', () => {
    expect(answer.usage).toEqual({ input: 18, output: 12 });
  });
});

describe('the end', () => {
  const kinds = (events: readonly ChatEvent[]) => events.map(({ type }) => type);

  it('comes only when every candidate has its reason', () => {
    const events = streamedAnswer.toString().split('\r\n\r\n').slice(0, -2);
    for (let count = 0; count <= events.length; count++) {
      const cut = Buffer.from(
        events
          .slice(0, count)
          .map((text) => `${text}\r\n\r\n`)
          .join(''),
      );
      const types = kinds(playStream([cut]));
      expect(types).not.toContain('end');
      expect(types).not.toContain('finish');
      expect(types.filter((type) => type === 'part-start').length).toBe(
        types.filter((type) => type === 'part-end').length,
      );
      expect(writeStream(playStream([cut])).toString()).not.toContain('finishReason');
    }
  });

  it('of one candidate is not that of the other', () => {
    const line = (value: object) => Buffer.from(`data: ${JSON.stringify({ candidates: [value] })}\n\n`);
    const one = line({ index: 0, content: { parts: [{ text: 'a' }] }, finishReason: 'STOP' });
    const other = line({ index: 1, content: { parts: [{ text: 'b' }] } });
    const end = line({ index: 1, finishReason: 'MAX_TOKENS' });
    expect(kinds(playStream([one, other]))).not.toContain('end');
    expect(kinds(playStream([one], { ...decoding, choices: 2 }))).not.toContain('end');
    const answer = collectAnswer(playStream([other, one, end]));
    expect(answer.choices.map(({ index, finish }) => [index, finish.reason])).toEqual([
      [0, 'stop'],
      [1, 'length'],
    ]);
  });

  it('is not the first reason, which old models send with every chunk', () => {
    const chunk = Buffer.from('data: {"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}\n\n');
    expect(kinds(playStream([chunk, chunk]))).toEqual([
      'start',
      'part-start',
      'delta',
      'delta',
      'part-end',
      'finish',
      'end',
    ]);
  });

  it('is a call where an imitation of the wire says so, and STOP to clients', () => {
    const parts = '[{"functionCall":{"name":"f","args":{}}}]';
    const chunk = `data: {"candidates":[{"content":{"parts":${parts}},"finishReason":"FUNCTION_CALL"}]}\n\n`;
    const events = playStream([Buffer.from(chunk)]);
    expect(collectAnswer(events).choices[0]!.finish).toEqual({ reason: 'tool-calls', raw: 'FUNCTION_CALL' });
    expect(writeStream(events).toString()).toContain('"finishReason":"STOP"');
  });

  it('of a refused prompt is a content filter', () => {
    const events = playStream([blockedStream]);
    expect(events.at(-1)).toEqual({ type: 'end' });
    expect(collectAnswer(events).choices).toEqual([
      { index: 0, parts: [], finish: { reason: 'content-filter', raw: 'PROHIBITED_CONTENT' }, logprobs: undefined },
    ]);
    expect(writeStream(events).toString()).toContain('"finishReason":"PROHIBITED_CONTENT"');
  });

  it('is no end after an error in the stream', () => {
    const events = playStream([failedStream]);
    expect(events.at(-1)).toMatchObject({ type: 'error' });
    const last = events.at(-1);
    expect(last?.type === 'error' && JSON.parse(last.data.toString())).toMatchObject({ error: { code: 503 } });
  });
});

describe('a failure amid a stream', () => {
  const text = protocol.client.encodeErrorEvent(new GatewayError('upstream_truncated', 'It broke off.')).toString();

  it('is told where the library of a client looks for it', () => {
    expect(JSON.parse(/^data: (\{.*\})\r\n\r\n/.exec(text)?.[1] ?? '')).toMatchObject({
      error: { code: 502, status: 'UNAVAILABLE', message: 'It broke off.' },
    });
  });

  // An agent took half an answer for the whole: its library passes the error by, and throws only for what is left over
  // when no event stands at the beginning any more.
  it('leaves something that cannot be read to libraries that overlook the error', () => {
    const firstEvent = /^\s*data: (.*)(?:\n\n|\r\r|\r\n\r\n)/;
    let rest = text;
    for (let match = firstEvent.exec(rest); match; match = firstEvent.exec(rest)) rest = rest.slice(match[0].length);
    expect(rest.trim()).not.toBe('');
  });

  // An agent asked without end, each time to continue: its library knows no error in an event and checks that answers
  // are objects.
  it('holds an event that is no answer, for libraries that check answers and know no errors', () => {
    const events = text.split('\r\n\r\n').slice(0, -1);
    const data = events.map((event) => /^data: (.*)$/m.exec(event)?.[1] ?? '');
    expect(data.map((value) => typeof JSON.parse(value))).toEqual(['object', 'string']);
  });
});
