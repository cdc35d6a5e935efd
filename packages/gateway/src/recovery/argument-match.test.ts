import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArgumentMatch } from './argument-match.ts';

interface Ask {
  readonly isEnded?: boolean;
  readonly isJson?: boolean;
}

/** What of a text that comes in pieces is new; undefined when it is something else than what was sent. */
function fresh(
  sent: string,
  coming: string,
  { isEnded = false, isJson = true }: Ask = {},
  size = 1,
): string | undefined {
  const match = new ArgumentMatch({ sent, isEnded, isJson });
  let rest = '';
  let isMet = match.isMet;
  for (let at = 0; at < coming.length; at += size) {
    const piece = coming.slice(at, at + size);
    const more = isMet ? piece : match.push(piece);
    if (more === undefined) return undefined;
    rest += more;
    isMet ||= more !== '' || match.isMet;
  }
  return isMet || match.end() ? rest : undefined;
}

const json = fc.json({ maxDepth: 3 }).map((text) => JSON.stringify(JSON.parse(text)));
const blanks = fc.array(fc.constantFrom('', '', ' ', '\n', '\t  '), { minLength: 1, maxLength: 12 });

/** The same JSON with white space between its tokens. */
function spaced(text: string, gaps: readonly string[]): string {
  let count = 0;
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[[\]{},:]|[^[\]{},:"]+/g) ?? [];
  return tokens.map((token) => token + gaps[count++ % gaps.length]!).join('');
}

describe('arguments that come again', () => {
  it('are new from where those that were sent end', () => {
    fc.assert(
      fc.property(json, fc.nat(), fc.integer({ min: 1, max: 9 }), (text, place, size) => {
        const cut = place % (text.length + 1);
        expect(fresh(text.slice(0, cut), text, {}, size)).toBe(text.slice(cut));
        expect(fresh(text, text, { isEnded: true }, size)).toBe('');
      }),
    );
  });

  it('say the same whatever the white space between their tokens', () => {
    fc.assert(
      fc.property(json, blanks, blanks, fc.nat(), fc.integer({ min: 1, max: 9 }), (text, gaps, others, place, size) => {
        const sent = spaced(text, gaps);
        const cut = sent.slice(0, place % (sent.length + 1));
        const coming = spaced(text, others);
        const rest = fresh(cut, coming, {}, size);
        // Blanks within a number that was cut there are the one thing that cannot be mended.
        if (rest === undefined) expect(cut).toMatch(/[\w+.-]\s+$/);
        else expect(JSON.parse(cut + rest)).toEqual(JSON.parse(text));
        expect(fresh(sent, coming, { isEnded: true }, size)).toBe('');
      }),
    );
  });

  it('are others when anything else differs', () => {
    fc.assert(
      fc.property(json, fc.nat(), fc.integer({ min: 1, max: 9 }), (text, place, size) => {
        const at = place % text.length;
        const other = `${text.slice(0, at)}${text[at] === 'q' ? 'z' : 'q'}${text.slice(at + 1)}`;
        expect(fresh(text.slice(0, at + 1), other, {}, size)).toBeUndefined();
        expect(fresh(text, other, { isEnded: true }, size)).toBeUndefined();
      }),
    );
  });

  it.each([
    ['{"a":1', '{"a":12}', '2}'],
    ['{"a":1 ', '{"a":12}', undefined],
    ['{"a":1 ', '{"a":1}', '}'],
    ['{"a":"x ', '{"a":"x y"}', 'y"}'],
    ['{"a":"x ', '{"a":"xy"}', undefined],
    ['{"a":"\\', '{"a":"\\" "}', '" "}'],
    ['', '{"a":1}', '{"a":1}'],
    ['{"a": ', '{"a":"b"}', '"b"}'],
    ['{"a":[1 2', '{"a":[12', undefined],
  ])('%s, then %s', (sent, coming, expected) => {
    for (const size of [1, 3, 50]) expect(fresh(sent, coming, {}, size)).toBe(expected);
  });

  it('are none, or an empty object', () => {
    expect(fresh('', '{}', { isEnded: true })).toBe('');
    expect(fresh('{}', '', { isEnded: true })).toBe('');
    expect(fresh('{}', '', {})).toBe('');
    expect(fresh('', '{"a":1}', { isEnded: true })).toBeUndefined();
  });

  it('may be shorter than what was sent only by white space at its end', () => {
    expect(fresh('{"a":1}\n', '{"a":1}')).toBe('');
    expect(fresh('{"a":1,', '{"a":1')).toBeUndefined();
  });

  it('are compared as they are when they are free text', () => {
    expect(fresh('a  b', 'a  bc', { isJson: false })).toBe('c');
    expect(fresh('a  b', 'a b', { isJson: false })).toBeUndefined();
    expect(fresh('ab', 'abc', { isJson: false, isEnded: true })).toBeUndefined();
    expect(fresh('', '', { isJson: false, isEnded: true })).toBe('');
  });

  it('take time in proportion to their length', () => {
    const sent = `{"a":${' '.repeat(200_000)}1}`;
    const startedAt = performance.now();
    expect(fresh(sent, `{"a":${'\n'.repeat(200_000)}1}`, { isEnded: true })).toBe('');
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
