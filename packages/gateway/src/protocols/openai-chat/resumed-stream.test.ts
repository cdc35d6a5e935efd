import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../canonical/chat-event.ts';
import type { StreamFrame } from '../protocol.ts';
import { answerContext } from './decode-events.fixture.ts';
import { ChatStreamDecoder } from './stream-decoder.ts';
import { ChatStreamEncoder } from './stream-encoder.ts';

const head = { id: 'c-1', object: 'chat.completion.chunk', created: 7, model: 'm-1' };
const chunk = (delta: object, more: object = {}) => ({
  ...head,
  choices: [{ index: 0, delta, finish_reason: null, ...more }],
});

/** An encoder that goes on with these chunks, and what it says of them. */
function resumed(chunks: readonly object[], asked: Parameters<typeof answerContext>[0] = {}) {
  const frames: StreamFrame[] = chunks.map((data) => ({ name: '', data: Buffer.from(JSON.stringify(data)) }));
  const encoder = new ChatStreamEncoder(answerContext(asked));
  const decoder = new ChatStreamDecoder({ idSeed: '0123456789abcdef' });
  for (const frame of frames) decoder.read(frame, (event) => void encoder.push(event));
  decoder.finish((event) => {
    if (event.type !== 'part-end' && event.type !== 'end') encoder.push(event);
  });
  const told = encoder.resume(frames);
  const push = (event: ChatEvent): unknown[] =>
    encoder
      .push(event)
      .toString()
      .split('\n\n')
      .filter((line) => line.startsWith('data: {'))
      .map((line) => JSON.parse(line.slice(6)));
  return { told, push };
}

describe('a stream that another began', () => {
  it('keeps its fingerprint in every chunk', () => {
    const { push } = resumed([{ ...chunk({ role: 'assistant', content: 'Hi' }), system_fingerprint: 'fp_1' }]);
    expect(push({ type: 'delta', index: 0, text: '!' })).toEqual([
      {
        ...head,
        system_fingerprint: 'fp_1',
        choices: [{ index: 0, delta: { content: '!' }, logprobs: null, finish_reason: null }],
      },
    ]);
  });

  it('says no role again, though nothing else was said', () => {
    const { push } = resumed([chunk({ role: 'assistant', content: '' })]);
    push({ type: 'part-start', index: 0, choice: 0, part: { type: 'text' } });
    expect(push({ type: 'delta', index: 0, text: 'Hi' })).toMatchObject([{ choices: [{ delta: { content: 'Hi' } }] }]);
  });

  it('goes on with reasoning under the name that it has', () => {
    const { push } = resumed([chunk({ role: 'assistant', reasoning: 'Hm' })]);
    expect(push({ type: 'delta', index: 0, text: '.' })).toMatchObject([{ choices: [{ delta: { reasoning: '.' } }] }]);
  });

  it('ends reasoning that is told in two places', () => {
    const details = [{ type: 'reasoning.text', text: 'Hm', index: 0 }];
    const { told } = resumed([chunk({ role: 'assistant', reasoning: 'Hm', reasoning_details: details })]);
    expect(told).toEqual([{ type: 'part-end', index: 0 }]);
  });

  it('numbers calls as they were, open ones and those that follow', () => {
    const call = (index: number, text: string, id?: string) => ({
      tool_calls: [
        { index, ...(id ? { id, type: 'function' } : {}), function: { ...(id ? { name: 'f' } : {}), arguments: text } },
      ],
    });
    const { push } = resumed([
      chunk(call(1, '{"a"', 'call_1')),
      chunk(call(2, '{"b"', 'call_2')),
      chunk(call(1, ':1')),
    ]);
    const indexOf = (event: ChatEvent) =>
      (push(event)[0] as { choices: { delta: { tool_calls: { index: number }[] } }[] }).choices[0]!.delta.tool_calls[0]!
        .index;
    expect(indexOf({ type: 'delta', index: 0, text: '}' })).toBe(1);
    expect(indexOf({ type: 'delta', index: 1, text: ':2}' })).toBe(2);
    const part = { type: 'tool-call', id: 'call_3', name: 'f', kind: 'function' } as const;
    expect(indexOf({ type: 'part-start', index: 2, choice: 0, part })).toBe(3);
    const signature = { origin: 'gemini', value: 'c2ln' } as const;
    expect(indexOf({ type: 'signature', index: 1, signature })).toBe(2);
  });

  it('knows which answers have ended, and tells usage once', () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
    const { told, push } = resumed([
      chunk({ role: 'assistant', content: 'Hi' }),
      chunk({}, { finish_reason: 'stop' }),
      { ...head, choices: [], usage },
    ]);
    expect(told).toEqual([{ type: 'finish', choice: 0, finish: { reason: 'stop', raw: 'stop' } }]);
    expect(push({ type: 'end' })).toEqual([]);
  });

  it('cannot go on with speech', () => {
    expect(resumed([chunk({ role: 'assistant', audio: { id: 'a', data: 'AAAA' } })]).told).toBeUndefined();
  });
});
