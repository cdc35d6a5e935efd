import { describe, expect, it } from 'vitest';
import { AnswerRecord } from './answer-record.ts';
import { played } from './recovery.fixture.ts';
import type { SentAnswer } from './sent-answer.ts';
import { combinedUsage, estimatedUsage } from './told-usage.ts';

function sentOf(text: string, usage?: SentAnswer['usage']): SentAnswer {
  const record = new AnswerRecord();
  for (const event of played([{ head: { type: 'text' }, text }]).slice(0, -3)) record.push(event);
  if (usage) record.push({ type: 'usage', usage });
  return record.answer()!;
}

const last = { input: 70, output: 5, cachedInput: 60, reasoning: 2 };

describe('estimatedUsage', () => {
  it('is made of what was sent where nothing was reported', () => {
    expect(estimatedUsage(sentOf('x'.repeat(40)), 33)).toEqual({
      usage: { input: 33, output: 10 },
      isInputReported: false,
      isEstimated: true,
    });
  });

  it('keeps what was reported, but for an output that is too low', () => {
    const { usage, isInputReported } = estimatedUsage(
      sentOf('x'.repeat(40), { input: 50, output: 1, cachedInput: 20 }),
      33,
    );
    expect(usage).toEqual({ input: 50, output: 10, cachedInput: 20 });
    expect(isInputReported).toBe(true);
    expect(estimatedUsage(sentOf('x', { input: 50, output: 12 }), 33).usage.output).toBe(12);
  });
});

describe('combinedUsage', () => {
  it('is that of an attempt that began anew', () => {
    const cut = estimatedUsage(sentOf('Hello', { input: 50, output: 1 }), 33);
    expect(combinedUsage({ mode: 'restart', cut, last })).toEqual(last);
  });

  it('is the first request and all that was said where an attempt went on', () => {
    const cut = estimatedUsage(sentOf('x'.repeat(40), { input: 50, output: 1, cachedInput: 20 }), 33);
    expect(combinedUsage({ mode: 'continue', cut, last })).toEqual({
      input: 50,
      cachedInput: 20,
      output: 15,
      reasoning: 2,
    });
  });

  it('takes the last request where the first never said how long it was', () => {
    const cut = estimatedUsage(sentOf('x'.repeat(40)), 33);
    expect(combinedUsage({ mode: 'continue', cut, last })).toEqual({ ...last, output: 15 });
  });
});
