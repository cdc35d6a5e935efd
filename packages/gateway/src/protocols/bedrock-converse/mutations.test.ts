import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../canonical/chat-event.ts';
import { AwsEventSplitter } from '../../framing/aws-event-stream.ts';
import { frame, streamedFrames } from './answer.fixture.ts';
import protocol from './protocol.ts';
import { checkOrder, decodeContext, eventsOf } from './stream.fixture.ts';

describe('a mutated frame', () => {
  it('throws nothing but SyntaxError', () => {
    const payloads = streamedFrames.map((bytes) => bytes.subarray(12 + bytes.readUInt32BE(4), -4));
    const values = fc.constantFrom('null', '[]', '7', '""', '{}', 'true', '"x"', '[null]', '');
    fc.assert(
      fc.property(fc.nat(payloads.length - 1), fc.nat(20), values, fc.boolean(), (index, place, value, isByte) => {
        const json = payloads[index]!.toString('utf8');
        const places = [...json.matchAll(/"(?:[^"\\]|\\.)*"(?!:)|\{|\[|\d+/g)].map(({ index: at }) => at);
        const at = places[place % places.length]!;
        const mutated = isByte
          ? json.slice(0, at) + json.slice(at + 1)
          : json.slice(0, at) + value + json.slice(at + 1);
        readAll(payloads.map((payload, one) => (one === index ? Buffer.from(mutated) : payload)));
      }),
      { numRuns: 1000 },
    );
  });

  it('with any JSON in it throws nothing', () => {
    const names = fc.constantFrom(
      'contentBlockStart',
      'contentBlockDelta',
      'contentBlockStop',
      'messageStop',
      'metadata',
    );
    const keys = fc.constantFrom(
      ...['contentBlockIndex', 'start', 'delta', 'toolUse', 'toolResult', 'image', 'input', 'reasoningContent', 'text'],
      ...[
        'signature',
        'redactedContent',
        'citation',
        'location',
        'usage',
        'source',
        'bytes',
        'stopReason',
        '__proto__',
      ],
    );
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom(null, 0, 1, 'x', '', true),
        tie('object'),
        fc.array(tie('value'), { maxLength: 2 }),
      ),
      object: fc.dictionary(keys, tie('value'), { maxKeys: 4 }),
    })).object;
    fc.assert(
      fc.property(fc.array(fc.tuple(names, json), { maxLength: 8 }), (events) => {
        const seen = eventsOf(events.map(([name, value]) => frame(name, JSON.stringify(value))));
        if (seen.length > 0) checkOrder(seen);
      }),
      { numRuns: 1000 },
    );
  });
});

function readAll(payloads: readonly Buffer[]): void {
  const decoder = protocol.upstream.createStreamDecoder(decodeContext);
  const events: ChatEvent[] = [];
  for (const [index, data] of payloads.entries()) {
    try {
      decoder.read({ name: frameNames[index]!, data }, (event) => events.push(event));
    } catch (error) {
      expect(error).toBeInstanceOf(SyntaxError);
      return;
    }
  }
  decoder.finish((event) => events.push(event));
  checkOrder(events);
}

const frameNames: string[] = [];
const namer = new AwsEventSplitter({ maxFrameBytes: 1e6, onFrame: ({ name }) => void frameNames.push(name) });
namer.push(Buffer.concat(streamedFrames));
