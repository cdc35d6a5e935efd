import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AnswerBody, cutAfterBytes, cutAfterTokens, dribbleSteps, rechunk, type Step } from './reply-plan.ts';

const steps: Step[] = ['one', ' two', ' three', ''].map((text, index) => ({
  bytes: Buffer.from(text),
  delayMs: index,
  tokens: text === '' ? 0 : 1,
}));
const streamed: AnswerBody = { streamed: true, contentType: 'text/event-stream', headers: {}, steps, delayMs: 0 };

function join(list: Iterable<Step>): string {
  return Buffer.concat([...list].map((step) => step.bytes)).toString();
}

describe('rechunk', () => {
  it('keeps every byte and token for any sizes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { maxLength: 9 }), (sizes) => {
        const list = [...rechunk(steps, sizes)];
        expect(join(list)).toBe('one two three');
        expect(list.reduce((sum, step) => sum + step.tokens, 0)).toBe(3);
        expect(list.every((step) => step.bytes.length > 0)).toBe(true);
      }),
    );
  });

  it('cuts at the sizes given and repeats the last', () => {
    expect([...rechunk(steps, [1, 5])].map((step) => step.bytes.toString())).toEqual(['o', 'ne tw', 'o thr', 'ee']);
  });

  it('makes single bytes that keep the pauses between events', () => {
    const list = [...rechunk(steps, 'byte')];
    expect(list).toHaveLength(13);
    expect(list.map((step) => step.delayMs)).toEqual([0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0]);
  });
});

describe('cuts', () => {
  it('stops after tokens, at the last one at most', () => {
    expect(join(cutAfterTokens(streamed, 0))).toBe('');
    expect(join(cutAfterTokens(streamed, 2))).toBe('one two');
    expect(cutAfterTokens(streamed, 99)).toHaveLength(3);
  });

  it('cuts a unary body in proportion and never leaves it whole', () => {
    const unary = {
      ...streamed,
      streamed: false,
      steps: [{ bytes: Buffer.from('0123456789'), delayMs: 0, tokens: 10 }],
    };
    expect(join(cutAfterTokens(unary, 4))).toBe('0123');
    expect(join(cutAfterTokens(unary, 99))).toBe('012345678');
  });

  it('stops after bytes, inside an event', () => {
    expect(join(cutAfterBytes(steps, 5))).toBe('one t');
    expect(join(cutAfterBytes(steps, 500))).toBe('one two three');
  });
});

describe('dribbleSteps', () => {
  it('spaces single bytes, and several when a timer would be too coarse', () => {
    expect([...dribbleSteps(steps, 2)].map((step) => step.delayMs)).toEqual(Array(13).fill(500));
    const fast = [...dribbleSteps(steps, 1000)];
    expect(join(fast)).toBe('one two three');
    expect(fast.reduce((sum, step) => sum + step.delayMs, 0)).toBeCloseTo(13);
  });
});
