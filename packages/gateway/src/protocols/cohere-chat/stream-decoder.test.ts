import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../canonical/chat-event.ts';
import { sseEvent } from '../../framing/sse-event.fixture.ts';
import { answerFixtures } from './answers.fixture.ts';
import cohereChat from './protocol.ts';
import { collected, decodeContext, decodeStream } from './stream.fixture.ts';

function read(frames: readonly (object | string)[], name = ''): ChatEvent[] {
  const events: ChatEvent[] = [];
  const decoder = cohereChat.upstream.createStreamDecoder(decodeContext);
  const emit = (event: ChatEvent) => void events.push(event);
  for (const frame of frames) {
    decoder.read(sseEvent(typeof frame === 'string' ? frame : JSON.stringify(frame), name), emit);
  }
  decoder.finish(emit);
  return events;
}

const start = { id: 'x', type: 'message-start', delta: { message: { role: 'assistant' } } };
const end = { type: 'message-end', delta: { finish_reason: 'COMPLETE' } };
const content = (type: string, index: number, item: object) => ({ type, index, delta: { message: { content: item } } });
const call = (type: string, index: number, item: object) => ({ type, index, delta: { message: { tool_calls: item } } });
const types = (events: readonly ChatEvent[]) => events.map(({ type }) => type);

describe('a stream', () => {
  it('ends once, and nothing follows its end', () => {
    expect(types(read([start, end, '[DONE]', '[DONE]', start, end]))).toEqual(['start', 'finish', 'end']);
    expect(types(read([start, end, end]))).toEqual(['start', 'finish', 'end']);
  });

  it('is not whole when only the sentinel says so', () => {
    expect(types(read([start, '[DONE]']))).toEqual(['start']);
  });

  it.each<[string, object, string, object?]>([
    [
      'a message-end that failed',
      { type: 'message-end', delta: { finish_reason: 'ERROR', error: 'broke' } },
      '',
      { message: 'broke' },
    ],
    ['a message-end with an error', { type: 'message-end', delta: { error: 'broke' } }, '', { message: 'broke' }],
    ['a message-end that took too long', { type: 'message-end', delta: { finish_reason: 'TIMEOUT' } }, ''],
    ['an error body', { id: 'y', message: 'too many requests' }, ''],
    ['an event of type error', { type: 'error', message: 'broke' }, ''],
    ['an event named error', { detail: 'broke' }, 'error'],
  ])('that has %s failed', (_, frame, name, told = frame) => {
    const events: ChatEvent[] = [];
    const decoder = cohereChat.upstream.createStreamDecoder(decodeContext);
    const emit = (event: ChatEvent) => void events.push(event);
    decoder.read(sseEvent(JSON.stringify(start)), emit);
    decoder.read(sseEvent(JSON.stringify(content('content-delta', 0, { text: 'Hel' }))), emit);
    decoder.read(sseEvent(JSON.stringify(frame), name), emit);
    decoder.read(sseEvent(JSON.stringify(end)), emit);
    decoder.finish(emit);
    expect(decoder.isFinished).toBe(false);
    expect(events.at(-1)).toEqual({ type: 'error', data: Buffer.from(JSON.stringify(told)) });
  });

  it('takes events that it does not know, and frames that are none, for nothing', () => {
    const odd = [
      { type: 'brand-new', delta: { message: 5 } },
      { type: 7 },
      '5',
      'null',
      '[]',
      '',
      {},
      { type: 'debug' },
    ];
    expect(types(read([...odd, start, ...odd, end]))).toEqual(['start', 'finish', 'end']);
  });

  it('throws SyntaxError at what is no JSON', () => {
    expect(() => read(['{"type":'])).toThrow(SyntaxError);
    expect(() => read(['[DONE'])).toThrow(SyntaxError);
  });

  it('puts parts that come interleaved one after another', () => {
    const events = read([
      start,
      content('content-start', 0, { type: 'text', text: 'A' }),
      call('tool-call-start', 0, { id: 'a', type: 'function', function: { name: 'f', arguments: '' } }),
      call('tool-call-delta', 0, { function: { arguments: '{"x"' } }),
      content('content-delta', 0, { text: 'B' }),
      call('tool-call-start', 1, { type: 'function', function: { name: 'g' } }),
      call('tool-call-delta', 1, { function: { arguments: '{}' } }),
      content('content-end', 0, {}),
      call('tool-call-end', 1, {}),
      call('tool-call-delta', 0, { function: { arguments: ':1}' } }),
      call('tool-call-end', 0, {}),
      end,
    ]);
    expect(types(events)).toEqual([
      'start',
      ...['part-start', 'delta', 'delta', 'part-end'],
      ...['part-start', 'delta', 'delta', 'part-end'],
      ...['part-start', 'delta', 'part-end'],
      'finish',
      'end',
    ]);
    expect(collected(events).choices[0]?.parts).toEqual([
      { type: 'text', text: 'AB' },
      { type: 'tool-call', id: 'a', name: 'f', kind: 'function', arguments: '{"x":1}' },
      { type: 'tool-call', id: `call_${decodeContext.idSeed}_1`, name: 'g', kind: 'function', arguments: '{}' },
    ]);
  });

  it('begins what was never said to begin', () => {
    const events = read([
      content('content-delta', 0, { thinking: 'Hm' }),
      content('content-delta', 1, { text: 'So' }),
      end,
    ]);
    // Thinking has not ended, so the text waited; nothing is lost.
    expect(collected(events).choices[0]?.parts).toEqual([
      { type: 'reasoning', text: 'Hm' },
      { type: 'text', text: 'So' },
    ]);
  });

  it('keeps citations of a text that waits', () => {
    const citation = {
      start: 0,
      end: 1,
      text: 'B',
      sources: [{ type: 'tool', id: 'https://x.example' }],
      content_index: 1,
    };
    const events = read([
      content('content-start', 0, { type: 'thinking', thinking: 'A' }),
      content('content-start', 1, { type: 'text', text: 'B' }),
      { type: 'citation-start', index: 0, delta: { message: { citations: citation } } },
      content('content-end', 0, {}),
      end,
    ]);
    expect(collected(events).choices[0]?.parts).toMatchObject([
      { type: 'reasoning', text: 'A' },
      { type: 'text', text: 'B', citations: [{ start: 0, end: 1, url: 'https://x.example', raw: citation }] },
    ]);
  });

  it('reads citations of the plan, and none of thinking', () => {
    const citation = (type: string) => ({
      type: 'citation-start',
      index: 0,
      delta: { message: { citations: { start: 0, end: 1, text: 'I', sources: [], type } } },
    });
    const events = read([
      { type: 'tool-plan-delta', delta: { message: { tool_plan: 'I look.' } } },
      citation('PLAN'),
      citation('THINKING_CONTENT'),
      citation('TEXT_CONTENT'),
      end,
    ]);
    expect(types(events)).toEqual(['start', 'part-start', 'delta', 'citation', 'part-end', 'finish', 'end']);
  });
});

describe('broken frames', () => {
  it('throw nothing but SyntaxError, and never hang', () => {
    const frames = answerFixtures.flatMap(({ stream }) =>
      stream.split('\n\n').flatMap((frame) => /^data: (.*)$/m.exec(frame)?.[1] ?? []),
    );
    const mutation = fc.record({
      frame: fc.nat(frames.length - 1),
      at: fc.double({ min: 0, max: 0.999, noNaN: true }),
      length: fc.nat(12),
      insert: fc.constantFrom('', '0', '"', 'null', '{}', '[]', '-1', '1e99', '"\\u0000"', '{"type":"text"}', '\\'),
    });
    fc.assert(
      fc.property(fc.array(mutation, { maxLength: 4 }), (mutations) => {
        const mutated = [...frames];
        for (const { frame, at, length, insert } of mutations) {
          const old = mutated[frame]!;
          const from = Math.floor(at * old.length);
          mutated[frame] = old.slice(0, from) + insert + old.slice(from + length);
        }
        try {
          const text = mutated.map((frame) => `data: ${frame}\n\n`).join('');
          checkOrder(decodeStream(text));
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

/** What ChatEvent promises. */
function checkOrder(events: readonly ChatEvent[]): void {
  let open: number | undefined;
  let next = 0;
  for (const [at, event] of events.entries()) {
    if (at === 0 && event.type !== 'error' && event.type !== 'end') expect(event.type).toBe('start');
    if (event.type === 'part-start') {
      expect([open, event.index]).toEqual([undefined, next++]);
      open = event.index;
    } else if (event.type === 'delta' || event.type === 'citation') expect(event.index).toBe(open);
    else if (event.type === 'part-end') {
      expect(event.index).toBe(open);
      open = undefined;
    } else if (event.type === 'finish') expect(open).toBeUndefined();
    else if (event.type === 'end' || event.type === 'error') expect(at).toBe(events.length - 1);
  }
}
