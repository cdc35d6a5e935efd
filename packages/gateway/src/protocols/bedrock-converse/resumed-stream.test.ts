import { describe, expect, it } from 'vitest';
import { AwsEventSplitter } from '../../framing/aws-event-stream.ts';
import type { StreamFrame } from '../protocol.ts';
import { BedrockStreamDecoder } from './stream-decoder.ts';
import { BedrockStreamEncoder } from './stream-encoder.ts';

type Told = readonly [name: string, event: object];

const begun: Told = ['messageStart', { role: 'assistant' }];
const delta = (contentBlockIndex: number, more: object): Told => [
  'contentBlockDelta',
  { contentBlockIndex, delta: more },
];
const stop = (contentBlockIndex: number): Told => ['contentBlockStop', { contentBlockIndex }];
const text = { type: 'text' } as const;

/** An encoder that goes on with these events, and what it says of them. */
function resumed(events: readonly Told[]) {
  const frames: StreamFrame[] = events.map(([name, event]) => ({ name, data: Buffer.from(JSON.stringify(event)) }));
  const encoder = new BedrockStreamEncoder();
  const decoder = new BedrockStreamDecoder();
  for (const frame of frames) decoder.read(frame, (event) => void encoder.push(event));
  return { encoder, told: encoder.resume(frames) };
}

function read(bytes: Buffer): [string, unknown][] {
  const frames: [string, unknown][] = [];
  const onFrame = ({ name, data }: { name: string; data: Buffer }) =>
    void frames.push([name, JSON.parse(data.toString())]);
  new AwsEventSplitter({ maxFrameBytes: 1e6, onFrame }).push(bytes);
  return frames;
}

describe('a stream that another began', () => {
  it('begins a block behind one that has ended', () => {
    const { encoder, told } = resumed([begun, delta(0, { text: 'Hi' }), stop(0)]);
    expect(told).toEqual([{ type: 'part-end', index: 0 }]);
    encoder.push({ type: 'part-start', index: 1, choice: 0, part: text });
    const [frame] = read(encoder.push({ type: 'delta', index: 1, text: '!' }));
    expect(frame).toEqual(['contentBlockDelta', { contentBlockIndex: 1, delta: { text: '!' } }]);
  });

  it('goes on in the block that is open', () => {
    const { encoder, told } = resumed([begun, delta(3, { text: 'Hi' })]);
    expect(told).toEqual([]);
    expect(read(encoder.push({ type: 'delta', index: 0, text: '!' }))[0]?.[1]).toMatchObject({ contentBlockIndex: 3 });
    expect(read(encoder.push({ type: 'part-end', index: 0 }))).toEqual([
      ['contentBlockStop', { contentBlockIndex: 3 }],
    ]);
  });

  it('knows that reasoning is signed before its block has ended', () => {
    const reasoning = (more: object) => delta(0, { reasoningContent: more });
    const { encoder, told } = resumed([begun, reasoning({ text: 'Hm' }), reasoning({ signature: 'c2ln' })]);
    expect(told).toEqual([{ type: 'signature', index: 0, signature: { origin: 'bedrock-converse', value: 'c2ln' } }]);
    expect(read(encoder.push({ type: 'part-end', index: 0 }))).toEqual([
      ['contentBlockStop', { contentBlockIndex: 0 }],
    ]);
  });

  it('tells once why the answer ended', () => {
    const { encoder } = resumed([
      begun,
      delta(0, { text: 'Hi' }),
      stop(0),
      ['messageStop', { stopReason: 'end_turn' }],
    ]);
    expect(read(encoder.push({ type: 'end' })).map(([name]) => name)).toEqual(['metadata']);
  });

  it('cannot go on amid a block that comes whole', () => {
    const start: Told = ['contentBlockStart', { contentBlockIndex: 0, start: { image: { format: 'png' } } }];
    expect(resumed([begun, start]).told).toBeUndefined();
  });
});
