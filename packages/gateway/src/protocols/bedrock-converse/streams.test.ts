import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../canonical/chat-event.ts';
import { collectAnswer } from '../../canonical/collect-answer.ts';
import { GatewayError } from '../../canonical/gateway-error.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { AwsEventSplitter } from '../../framing/aws-event-stream.ts';
import { parseExact } from '../../framing/exact-json.ts';
import { exception, frame, streamedFrames, unaryAnswer } from './answer.fixture.ts';
import protocol from './protocol.ts';
import { bytesOf, checkOrder, decodeContext, eventsOf } from './stream.fixture.ts';

const whole = Buffer.concat(streamedFrames);
const types = (events: readonly ChatEvent[]): string[] => events.map(({ type }) => type);

describe('a stream', () => {
  it('tells the same answer as the body does, in the order that was promised', () => {
    const events = eventsOf([whole]);
    checkOrder(events);
    expect(collectAnswer(events)).toEqual(
      protocol.upstream.decodeAnswer(parseExact(unaryAnswer) as JsonObject, decodeContext),
    );
    expect(events.at(-1)).toEqual({ type: 'end' });
  });

  it('is read the same at every split', () => {
    const events = eventsOf([whole]);
    for (let at = 1; at < whole.length; at++) {
      expect(eventsOf([whole.subarray(0, at), whole.subarray(at)])).toEqual(events);
    }
  });

  it('streams what can be streamed', () => {
    const decoder = protocol.upstream.createStreamDecoder(decodeContext);
    const seen: string[] = [];
    const splitter = new AwsEventSplitter({
      maxFrameBytes: 1e6,
      onFrame: (one) => {
        seen.length = 0;
        decoder.read(one, ({ type }) => seen.push(type));
      },
    });
    const expected = [
      ['start'],
      ['part-start', 'delta'],
      ['delta'],
      [],
      [],
      ['signature', 'part-end'],
      ['part-start'],
      [],
    ];
    for (const [index, bytes] of streamedFrames.entries()) {
      splitter.push(bytes);
      if (expected[index]) expect(seen).toEqual(expected[index]);
    }
  });

  it('that was cut never looks whole before its stop reason', () => {
    const stopAt = Buffer.concat(streamedFrames.slice(0, -1)).length;
    for (let at = 0; at < whole.length; at += 7) {
      const events = eventsOf([whole.subarray(0, at)]);
      expect(types(events).includes('end')).toBe(at >= stopAt);
      checkOrder(events.length > 0 ? events : [{ type: 'start' } as never]);
    }
  });

  it('that was cut within a call does not complete it', () => {
    const cut = streamedFrames.findIndex((bytes) => bytes.includes('"tooluse_A2"')) + 1;
    const events = eventsOf(streamedFrames.slice(0, cut));
    expect(types(events).slice(-2)).toEqual(['part-start', 'part-end']);
    expect(collectAnswer(events).choices[0]!.parts.at(-1)).toMatchObject({ name: 'now', arguments: '' });
  });

  it('without the usage at its end is whole nevertheless', () => {
    const events = eventsOf(streamedFrames.slice(0, -1));
    expect(types(events).slice(-2)).toEqual(['finish', 'end']);
  });

  it('may mix its blocks, lack starts and stops, and hold what is not known', () => {
    const events = eventsOf([
      frame('contentBlockDelta', '{"contentBlockIndex":0,"delta":{"text":"a"}}'),
      frame('contentBlockStart', '{"contentBlockIndex":1,"start":{"toolUse":{"toolUseId":"t","name":"f"}}}'),
      frame('contentBlockDelta', '{"contentBlockIndex":1,"delta":{"toolUse":{"input":"{}"}}}'),
      frame('contentBlockDelta', '{"contentBlockIndex":2,"delta":{"reasoningContent":{"text":"r"}}}'),
      frame('contentBlockDelta', '{"contentBlockIndex":0,"delta":{"text":"b"}}'),
      frame('contentBlockDelta', '{"contentBlockIndex":0,"delta":{"newKind":{"x":1}}}'),
      frame('contentBlockStop', '{"contentBlockIndex":1}'),
      frame('futureEvent', '{"x":1}'),
      frame('contentBlockStop', '{"contentBlockIndex":0}'),
      frame('contentBlockStart', '{"contentBlockIndex":3,"start":{}}'),
      frame('contentBlockDelta', '{"contentBlockIndex":3,"delta":{"text":"c"}}'),
      frame('metadata', '{"usage":{"inputTokens":1,"outputTokens":2}}'),
      frame('messageStop', '{"stopReason":"end_turn"}'),
      frame('contentBlockDelta', '{"contentBlockIndex":4,"delta":{"text":"late"}}'),
    ]);
    checkOrder(events);
    expect(collectAnswer(events)).toMatchObject({
      usage: { input: 1, output: 2 },
      choices: [
        {
          finish: { reason: 'stop' },
          parts: [
            { type: 'text', text: 'ab' },
            { type: 'tool-call', arguments: '{}' },
            { type: 'reasoning', text: 'r' },
            { type: 'text', text: 'c' },
          ],
        },
      ],
    });
    expect(events.at(-1)).toEqual({ type: 'end' });
  });

  it('may change from reasoning to text within a block', () => {
    const events = eventsOf([
      frame('contentBlockDelta', '{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"r"}}}'),
      frame('contentBlockDelta', '{"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"s"}}}'),
      frame('contentBlockDelta', '{"contentBlockIndex":0,"delta":{"text":"t"}}'),
      frame('messageStop', '{"stopReason":"end_turn"}'),
    ]);
    checkOrder(events);
    expect(collectAnswer(events).choices[0]!.parts).toEqual([
      { type: 'reasoning', text: 'r', signature: { origin: 'bedrock-converse', value: 's' } },
      { type: 'text', text: 't' },
    ]);
  });
});

describe('a failure in a stream', () => {
  it.each([
    ['throttlingException', '{"message":"slow down"}', { __type: 'throttlingException', message: 'slow down' }],
    [
      'modelStreamErrorException',
      '{"message":"m","originalStatusCode":500}',
      { __type: 'modelStreamErrorException', message: 'm', originalStatusCode: 500 },
    ],
    ['internalServerException', 'oops', { __type: 'internalServerException', message: 'oops' }],
  ])('%s is told with its words, and nothing after it', (type, payload, data) => {
    const events = eventsOf([...streamedFrames.slice(0, 5), exception(type, payload), ...streamedFrames.slice(5)]);
    const last = events.at(-1)!;
    expect(last.type).toBe('error');
    expect(JSON.parse(last.type === 'error' ? last.data.toString() : '')).toEqual(data);
    expect(types(events)).not.toContain('finish');
  });

  it.each([
    [new GatewayError('rate_limited', 'Slow.'), 'throttlingException'],
    [new GatewayError('upstream_truncated', 'Cut.'), 'modelStreamErrorException'],
    [new GatewayError('upstream_timeout', 'Late.'), 'modelStreamErrorException'],
    [new GatewayError('upstream_overloaded', 'Full.'), 'serviceUnavailableException'],
    [new GatewayError('internal', 'Oops.'), 'internalServerException'],
    [new GatewayError('operation_unsupported', 'No.'), 'internalServerException'],
    [new GatewayError('invalid_request', 'Bad.'), 'validationException'],
  ])('of the gateway itself reaches the client as an exception: %s', (error, type) => {
    const events = eventsOf([protocol.client.encodeErrorEvent(error)]);
    expect(types(events)).toEqual(['error']);
    const [event] = events;
    const data = event?.type === 'error' ? JSON.parse(event.data.toString()) : undefined;
    expect(data).toEqual({ __type: type, message: error.message });
  });
});

describe('the encoder', () => {
  it('writes the events that AWS does', () => {
    const seen: [string, unknown][] = [];
    const splitter = new AwsEventSplitter({
      maxFrameBytes: 1e6,
      onFrame: ({ name, data, headers }) => {
        expect(headers).toEqual({ ':event-type': name, ':content-type': 'application/json', ':message-type': 'event' });
        seen.push([name, JSON.parse(data.toString())]);
      },
    });
    splitter.push(
      bytesOf([
        { type: 'start', id: 'x', model: 'm', created: 1, serviceTier: 'priority' },
        { type: 'ping' },
        { type: 'part-start', index: 0, choice: 0, part: { type: 'text' } },
        { type: 'part-end', index: 0 },
        { type: 'part-start', index: 1, choice: 0, part: { type: 'text' } },
        { type: 'delta', index: 1, text: 'a"\n' },
        { type: 'part-end', index: 1 },
        { type: 'part-start', index: 2, choice: 0, part: { type: 'tool-call', id: 'c', name: 'f', kind: 'function' } },
        { type: 'part-end', index: 2 },
        { type: 'part-start', index: 3, choice: 0, part: { type: 'tool-call', id: 'd', name: 'g', kind: 'custom' } },
        { type: 'delta', index: 3, text: 'x ' },
        { type: 'delta', index: 3, text: '"y"' },
        { type: 'part-end', index: 3 },
        { type: 'finish', choice: 0, finish: { reason: 'tool-calls', raw: 'tool_calls' } },
        { type: 'part-start', index: 4, choice: 1, part: { type: 'text' } },
        { type: 'delta', index: 4, text: 'second choice' },
        { type: 'part-end', index: 4 },
        { type: 'finish', choice: 1, finish: { reason: 'length', raw: 'length' } },
        { type: 'usage', usage: { input: 3, output: 4 } },
        { type: 'end' },
      ]),
    );
    expect(seen).toEqual([
      ['messageStart', { role: 'assistant' }],
      ['contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'a"\n' } }],
      ['contentBlockStop', { contentBlockIndex: 0 }],
      ['contentBlockStart', { contentBlockIndex: 1, start: { toolUse: { toolUseId: 'c', name: 'f' } } }],
      ['contentBlockDelta', { contentBlockIndex: 1, delta: { toolUse: { input: '{}' } } }],
      ['contentBlockStop', { contentBlockIndex: 1 }],
      ['contentBlockStart', { contentBlockIndex: 2, start: { toolUse: { toolUseId: 'd', name: 'g' } } }],
      ['contentBlockDelta', { contentBlockIndex: 2, delta: { toolUse: { input: '{"input":"x \\"y\\""}' } } }],
      ['contentBlockStop', { contentBlockIndex: 2 }],
      ['messageStop', { stopReason: 'tool_use' }],
      [
        'metadata',
        {
          usage: { inputTokens: 3, outputTokens: 4, totalTokens: 7 },
          metrics: { latencyMs: 0 },
          serviceTier: { type: 'priority' },
        },
      ],
    ]);
  });

  it('writes nothing that looks like an end before the end', () => {
    const events = eventsOf([whole]);
    for (let count = 0; count < events.length; count++) {
      const cut = eventsOf([bytesOf(events.slice(0, count))]);
      expect(types(cut).filter((type) => type === 'finish' || type === 'end')).toEqual([]);
    }
  });

  it('tells the first choice whole, whatever of others comes between', () => {
    const delta = (index: number, text: string) => ({ type: 'delta', index, text }) as const;
    const events: ChatEvent[] = [
      { type: 'start', id: undefined, model: undefined, created: undefined, serviceTier: undefined },
      { type: 'part-start', index: 0, choice: 0, part: { type: 'text' } },
      delta(0, 'He'),
      { type: 'part-start', index: 1, choice: 1, part: { type: 'text' } },
      delta(1, 'No'),
      delta(0, 'llo'),
      { type: 'part-end', index: 1 },
      { type: 'part-end', index: 0 },
      { type: 'finish', choice: 0, finish: { reason: 'stop', raw: 'stop' } },
      { type: 'end' },
    ];
    const [choice] = collectAnswer(eventsOf([bytesOf(events)])).choices;
    expect(choice?.parts).toEqual([{ type: 'text', text: 'Hello' }]);
  });
});
