import { describe, expect, it } from 'vitest';
import type { StreamEncoder, StreamFrame } from '../protocol.ts';
import cohereChat from './protocol.ts';
import { answerContext, decodeContext } from './stream.fixture.ts';

const begun = { type: 'message-start', id: 'm-1', delta: { message: { role: 'assistant' } } };
const content = (step: string, index: number, item: object = {}) => ({
  type: `content-${step}`,
  index,
  delta: { message: { content: item } },
});
const text = { type: 'text' } as const;

/** An encoder that goes on with these events, and what it says of them. */
function resumed(events: readonly { readonly type: string }[]) {
  const frames: StreamFrame[] = events.map((event) => ({ name: event.type, data: Buffer.from(JSON.stringify(event)) }));
  const encoder: StreamEncoder = cohereChat.client.createStreamEncoder(answerContext);
  const decoder = cohereChat.upstream.createStreamDecoder(decodeContext);
  for (const frame of frames) decoder.read(frame, (event) => void encoder.push(event));
  return { encoder, told: encoder.resume?.(frames) };
}

describe('a stream that another began', () => {
  it('goes on in the content that is open, whatever its number', () => {
    const { encoder, told } = resumed([
      begun,
      content('start', 2, { type: 'text', text: '' }),
      content('delta', 2, { text: 'Hi' }),
    ]);
    expect(told).toEqual([]);
    expect(encoder.push({ type: 'delta', index: 0, text: '!' }).toString()).toContain(
      '"type":"content-delta","index":2',
    );
    expect(encoder.push({ type: 'part-end', index: 0 }).toString()).toContain('"type":"content-end","index":2');
  });

  it('takes a content that was only announced', () => {
    const { encoder } = resumed([begun, content('start', 0, { type: 'text', text: '' })]);
    expect(encoder.push({ type: 'part-start', index: 0, choice: 0, part: text })).toHaveLength(0);
    expect(encoder.push({ type: 'delta', index: 0, text: 'Hi' }).toString()).toContain(
      '"type":"content-delta","index":0',
    );
  });

  it('ends a content that was only announced before something else', () => {
    const { encoder } = resumed([begun, content('start', 0, { type: 'text', text: '' })]);
    const part = { type: 'tool-call', id: 'call_1', name: 'f', kind: 'function' } as const;
    const bytes = encoder.push({ type: 'part-start', index: 0, choice: 0, part }).toString();
    expect(bytes.match(/^event: .*$/gm)).toEqual(['event: content-end', 'event: tool-call-start']);
  });

  it('knows that a text has ended which may still be cited', () => {
    const events = [content('start', 0, { type: 'text' }), content('delta', 0, { text: 'Hi' }), content('end', 0)];
    const { encoder, told } = resumed([begun, ...events]);
    expect(told).toEqual([{ type: 'part-end', index: 0 }]);
    const bytes = encoder.push({ type: 'part-start', index: 1, choice: 0, part: text }).toString();
    expect(bytes).toContain('"type":"content-start","index":1');
  });

  it('goes on with a plan as a plan', () => {
    const plan = { type: 'tool-plan-delta', delta: { message: { tool_plan: 'I will' } } };
    const { encoder } = resumed([begun, plan]);
    expect(encoder.push({ type: 'delta', index: 0, text: ' look' }).toString()).toContain('"tool_plan":" look"');
    expect(encoder.push({ type: 'part-end', index: 0 })).toHaveLength(0);
  });

  it('tells once why the answer ended', () => {
    const { encoder } = resumed([begun, { type: 'message-end', delta: { finish_reason: 'COMPLETE' } } as never]);
    expect(encoder.push({ type: 'end' }).toString()).toBe('data: [DONE]\n\n');
  });
});
