import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { legalEvents } from '../../test/fuzz/legal-events.fixture.ts';
import { collectAnswer } from '../canonical/collect-answer.ts';
import { protocolNames } from '../canonical/protocol-name.ts';
import { AnswerRecord } from './answer-record.ts';
import { RecordingEncoder } from './recording-encoder.ts';
import { played, start } from './recovery.fixture.ts';
import { isWhole, sentChoices } from './sent-answer.ts';

const text = { type: 'text' } as const;

function recordOf(events: Iterable<Parameters<AnswerRecord['push']>[0]>, maxLength?: number): AnswerRecord {
  const record = new AnswerRecord(maxLength);
  for (const event of events) record.push(event);
  return record;
}

describe('AnswerRecord', () => {
  it('knows of any answer what was told, and where it broke off', () => {
    fc.assert(
      fc.property(legalEvents({ choices: 3, origins: protocolNames }), fc.nat(), (events, place) => {
        const told = events.slice(0, 1 + (place % events.length));
        const { choices, usage } = collectAnswer(told);
        const sent = recordOf(told).answer()!;
        expect(sent.usage).toEqual(usage);
        expect(sent.hasEnded).toBe(told.at(-1)?.type === 'end');
        expect([...sentChoices(sent)].sort()).toEqual(choices.map(({ index }) => index));
        const texts = choices.flatMap(({ parts }) => parts.map((part) => ('text' in part ? part.text : '')));
        const kept = choices.flatMap(({ index }) => sent.parts.filter(({ choice }) => choice === index));
        expect(kept.map(({ head, text: said }) => (head.type === 'tool-call' ? '' : said))).toEqual(texts);
        const ended = new Set(told.flatMap((event) => (event.type === 'part-end' ? [event.index] : [])));
        expect(sent.parts.filter(({ isEnded }) => isEnded).map(({ index }) => index)).toEqual(
          [...ended].sort((a, b) => a - b),
        );
      }),
    );
  });

  it('forgets answers that are too long', () => {
    const long = played([{ head: text, text: 'x'.repeat(1_000) }]);
    expect(recordOf(long, 10_000).answer()?.parts[0]?.text).toHaveLength(1_000);
    expect(recordOf(long, 999).answer()).toBeUndefined();
  });

  it('counts what is no text, too', () => {
    const data = 'A'.repeat(5_000);
    const image = { type: 'image', source: { kind: 'data', mediaType: 'image/png', data } } as const;
    expect(recordOf([start, { type: 'part-start', index: 0, choice: 0, part: image }], 4_000).answer()).toBeUndefined();
    const parts = Array.from(
      { length: 100 },
      (_, index) => ({ type: 'part-start', index, choice: 0, part: text }) as const,
    );
    expect(recordOf([start, ...parts], 4_000).answer()).toBeUndefined();
  });

  it('tells an answer of which only the end is missing', () => {
    const events = played([{ head: text, text: 'Hi' }]);
    const finished = recordOf(events.slice(0, -1)).answer()!;
    expect(isWhole(finished, 1)).toBe(true);
    expect(isWhole(finished, 2)).toBe(false);
    expect(isWhole(recordOf(events.slice(0, -3)).answer()!, 1)).toBe(false);
    expect(isWhole(recordOf(events).answer()!, 1)).toBe(false);
  });
});

describe('RecordingEncoder', () => {
  it('passes on what it remembers', () => {
    const pushed: string[] = [];
    const wholeAnswer = { id: 'whole' };
    const inner = {
      wholeAnswer,
      push(event: { readonly type: string }) {
        pushed.push(event.type);
        return Buffer.from(event.type);
      },
    };
    const encoder = new RecordingEncoder({ encoder: inner });
    expect(encoder.push(start).toString()).toBe('start');
    expect(pushed).toEqual(['start']);
    expect(encoder.sent?.start).toEqual(start);
    expect(encoder.wholeAnswer).toBe(wholeAnswer);
  });
});
