import { describe, expect, it } from 'vitest';
import type { StreamFrame } from '../protocol.ts';
import { answerContext } from './messages.fixture.ts';
import { MessagesStreamDecoder } from './stream-decoder.ts';
import { MessagesStreamEncoder } from './stream-encoder.ts';

const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude',
  content: [],
  usage: { input_tokens: 3 },
};
const begun = { type: 'message_start', message };
const start = (index: number, content_block: object) => ({ type: 'content_block_start', index, content_block });
const delta = (index: number, more: object) => ({ type: 'content_block_delta', index, delta: more });
const stop = (index: number) => ({ type: 'content_block_stop', index });

/** An encoder that goes on with these events, and what it says of them. */
function resumed(events: readonly { readonly type: string }[]) {
  const frames: StreamFrame[] = events.map((event) => ({ name: event.type, data: Buffer.from(JSON.stringify(event)) }));
  const encoder = new MessagesStreamEncoder(answerContext);
  const decoder = new MessagesStreamDecoder();
  for (const frame of frames) decoder.read(frame, (event) => void encoder.push(event));
  return { encoder, told: encoder.resume(frames) };
}

describe('a stream that another began', () => {
  it('begins no second time', () => {
    const { encoder, told } = resumed([begun]);
    expect(told).toEqual([]);
    expect(encoder.push({ type: 'ping' }).toString()).not.toContain('message_start');
  });

  it('numbers its blocks on, empty ones included', () => {
    const { encoder } = resumed([begun, start(0, { type: 'text', text: '' }), stop(0)]);
    encoder.push({ type: 'part-start', index: 1, choice: 0, part: { type: 'text' } });
    expect(encoder.push({ type: 'delta', index: 1, text: 'Hi' }).toString()).toContain('"index":1');
  });

  it('goes on in the block that is open, though nothing was said in it', () => {
    const { encoder } = resumed([begun, start(0, { type: 'text', text: '' })]);
    const bytes = encoder.push({ type: 'delta', index: 0, text: 'Hi' }).toString();
    expect(bytes).toContain('content_block_delta');
    expect(bytes).not.toContain('content_block_start');
    expect(encoder.push({ type: 'part-end', index: 0 }).toString()).toContain('content_block_stop');
  });

  it('knows that thinking is signed before its block has ended', () => {
    const { told } = resumed([
      begun,
      start(0, { type: 'thinking', thinking: '', signature: '' }),
      delta(0, { type: 'thinking_delta', thinking: 'Hm' }),
      delta(0, { type: 'signature_delta', signature: 'c2ln' }),
    ]);
    expect(told).toEqual([{ type: 'signature', index: 0, signature: { origin: 'anthropic-messages', value: 'c2ln' } }]);
  });

  it('tells once why the answer ended', () => {
    const { encoder } = resumed([begun, { type: 'message_delta', delta: { stop_reason: 'end_turn' } } as never]);
    const bytes = encoder.push({ type: 'end' }).toString();
    expect(bytes).toContain('message_stop');
    expect(bytes).not.toContain('message_delta');
  });

  it('cannot go on amid a block that only its provider knows', () => {
    expect(resumed([begun, start(0, { type: 'server_tool_use', id: 's', name: 'web_search' })]).told).toBeUndefined();
    expect(resumed([begun, start(0, { type: 'server_tool_use', id: 's' }), stop(0)]).told).toEqual([]);
  });
});
