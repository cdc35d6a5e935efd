import { describe, expect, it } from 'vitest';
import { answerEvents } from '../../canonical/answer-events.ts';
import type { ChatEvent } from '../../canonical/chat-event.ts';
import { answerOf } from './answer-of.fixture.ts';
import { citedAnswer } from './answers.fixture.ts';
import { collected, decodeAnswer, decodeStream, encodeEvents } from './stream.fixture.ts';

describe('a written stream', () => {
  it('has nothing that looks like an end before its end', () => {
    const events = [...answerEvents(decodeAnswer(citedAnswer.unary))];
    expect(encodeEvents(events.slice(0, -1))).not.toMatch(/message-end|DONE/);
    expect(encodeEvents(events)).toMatch(/event: message-end\ndata: .*\n\ndata: \[DONE\]\n\n$/);
  });

  it('has the first choice only', () => {
    const parts = (index: number): ChatEvent[] => [
      { type: 'part-start', index, choice: index, part: { type: 'text' } },
      { type: 'delta', index, text: `choice ${index}` },
      { type: 'part-end', index },
      { type: 'logprobs', choice: index, logprobs: { content: [{ token: `${index}`, logprob: -1 }] } },
      { type: 'finish', choice: index, finish: { reason: index === 0 ? 'length' : 'stop', raw: undefined } },
    ];
    const start: ChatEvent = { type: 'start', id: 'a', model: 'm', created: 1, serviceTier: undefined };
    const events = decodeStream(encodeEvents([start, ...parts(0), ...parts(1), { type: 'ping' }, { type: 'end' }]));
    expect(collected(events)).toMatchObject({
      choices: [
        {
          parts: [{ type: 'text', text: 'choice 0' }],
          finish: { reason: 'length' },
          logprobs: { content: [{ token: '0', logprob: -1 }] },
        },
      ],
    });
  });

  it('counts characters where Cohere does', () => {
    const text = '🥝🥝 Kiwi, 🥝 Kiwi';
    const citation = { start: 14, end: 18, url: 'https://x.example', origin: 'gemini', raw: {} } as const;
    const written = encodeEvents(answerEvents(answerOf([{ type: 'text', text, citations: [citation] }])));
    expect(written).toContain('"citations":{"start":11,"end":15,"text":"Kiwi"');
    const part = collected(decodeStream(written)).choices[0]?.parts[0];
    expect(part).toMatchObject({ text, citations: [{ start: 14, end: 18, url: 'https://x.example' }] });
  });

  it('has no thought that says nothing', () => {
    const sealed = { type: 'reasoning', text: '', signature: { origin: 'openai-responses', value: 'x' } } as const;
    const written = encodeEvents(answerEvents(answerOf([sealed, { type: 'text', text: 'Hi' }])));
    expect(written).not.toContain('thinking');
    expect(written).toContain('"type":"content-delta","index":0,');
  });
});
