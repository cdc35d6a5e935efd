import { describe, expect, it } from 'vitest';
import { behaviourKinds, decodeBehaviour, isBareKind } from './decode-behaviour.ts';

describe('decodeBehaviour', () => {
  it('accepts every kind that is whole by its name', () => {
    for (const [kind, { bare }] of Object.entries(behaviourKinds)) {
      expect(isBareKind(kind)).toBe(bare);
      if (bare) expect(decodeBehaviour({ kind })).toEqual({ kind });
    }
  });

  it.each([
    { kind: 'answer', tokens: 3, chunking: [1, 2], newline: '\r\n', usage: { prompt_tokens: 1 } },
    { kind: 'answer', signature: '', redacted: 'x', refusal: 'No.', interleave: true, citations: [{ citedText: 'q' }] },
    { kind: 'malformed-event', at: 1, corrupt: true },
    { kind: 'status', status: 429, headers: { 'retry-after': '2' }, times: 1 },
    { kind: 'reset', when: { afterTokens: 3 } },
    { kind: 'hang', when: 'after-headers', holdMs: 10 },
    { kind: 'answer', prefill: 'flag', differs: 3 },
    { kind: 'truncate', afterTokens: 0, clean: true },
    { kind: 'recording', path: 'a.jsonl', match: 'b' },
  ])('accepts $kind', (behaviour) => {
    expect(decodeBehaviour(behaviour)).toEqual(behaviour);
  });

  it.each([
    [null, 'A behaviour is an object'],
    ['answer', 'A behaviour is an object'],
    [{}, 'There is no behaviour of kind "undefined"'],
    [{ kind: 'constructor' }, 'There is no behaviour of kind "constructor"'],
    [{ kind: 'status' }, 'needs "status"'],
    [{ kind: 'status', status: 99 }, 'from 200 to 599'],
    [{ kind: 'reset' }, 'needs "when"'],
    [{ kind: 'reset', when: 'later' }, '"when"'],
    [{ kind: 'hang', when: 'accept' }, '"when"'],
    [{ kind: 'answer', tokens: -1 }, '"tokens"'],
    [{ kind: 'answer', newline: '\n\n' }, '"newline"'],
    [{ kind: 'answer', prefill: 'maybe' }, '"prefill"'],
    [{ kind: 'answer', signature: 1 }, '"signature"'],
    [{ kind: 'answer', refusal: true }, '"refusal"'],
    [{ kind: 'answer', interleave: 'yes' }, '"interleave"'],
    [{ kind: 'answer', citations: [{ title: 'x' }] }, 'a list of {citedText, title, url}'],
    [{ kind: 'answer', citations: [{ citedText: 'x', page: 1 }] }, '"citations"'],
    [{ kind: 'malformed-event', at: 1, corrupt: 1 }, '"corrupt"'],
    [{ kind: 'echo', text: 'x' }, 'has no "text"'],
    [{ kind: 'answer', toString: 'x' }, 'has no "toString"'],
    [{ kind: 'dribble', bytesPerSecond: 0 }, '"bytesPerSecond"'],
  ])('refuses %j', (behaviour, message) => {
    expect(() => decodeBehaviour(behaviour)).toThrow(message);
  });
});
