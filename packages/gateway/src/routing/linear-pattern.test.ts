import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileLinearPattern } from './linear-pattern.ts';
import { PatternError } from './pattern-syntax.ts';

const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
  pattern: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('a', 'b', 'c', '.', '\\d', '\\w', '\\S', '[ab]', '[^a]', '[a-c1]', '^', '$', '\\.', ''),
    fc.tuple(tie('pattern'), tie('pattern')).map(([left, right]) => left + right),
    fc.tuple(tie('pattern'), tie('pattern')).map(([left, right]) => `(${left}|${right})`),
    fc
      .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '*?', '{2}', '{1,2}', '{1,}'))
      .map(([part, count]) => `(?:${part})${count}`),
  ),
}));

describe('agreement with the language', () => {
  it('matches what the language matches', () => {
    fc.assert(
      fc.property(
        pattern,
        fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', '.', 'é', '\n'), maxLength: 8 }),
        (source, text) => {
          let compiled: ReturnType<typeof compileLinearPattern>;
          try {
            compiled = compileLinearPattern(source);
          } catch (error) {
            expect(error).toMatchObject({ message: 'the pattern is too large' });
            return;
          }
          expect(compiled.test(text)).toBe(new RegExp(source, 'u').test(text));
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ['(?i)^GPT-[a-z]$', 'gpt-Z', true],
    ['(?i)[^a]', 'A', false],
    ['^claude-(opus|sonnet)-\\d', 'claude-sonnet-4', true],
    ['^claude-(opus|sonnet)-\\d', 'claude-haiku-4', false],
    ['[\\w.-]+/', 'org.x-y/model', true],
    ['[]]', ']', false],
    ['a{0}b', 'b', true],
    ['\\t', '\t', true],
    ['^.$', '😀', true],
  ])('%s on %s', (source, text, expected) => {
    expect(compileLinearPattern(source).test(text)).toBe(expected);
  });
});

it('needs no more time for a pattern that takes a backtracking engine for ever', () => {
  const startedAt = performance.now();
  for (const source of ['(a+)+$', '(a|a)*$', '(a|aa)+$', '(.*)*x', '(a*)*b', '([a-z]+)*\\d']) {
    expect(compileLinearPattern(`^${source}`).test(`${'a'.repeat(255)}!`)).toBe(false);
  }
  // Exponential time would be centuries; the bound leaves room for a slow machine.
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});

it('looks at the beginning of a long text only', () => {
  expect(compileLinearPattern('b').test(`${'a'.repeat(300)}b`)).toBe(false);
});

it.each([
  ['(', 1],
  ['a)', 1],
  ['*a', 0],
  ['[a', 2],
  ['[b-a]', 4],
  ['a{3,2}', 1],
  ['a{101}', 1],
  ['\\b', 1],
  ['(a)\\1', 4],
  ['(?<n>a)', 1],
  ['(?!a)', 1],
  ['a\\', 2],
  ['((((((((a{99}){99}){99}){99}))))))', undefined],
  ['('.repeat(60) + ')'.repeat(60), undefined],
])('refuses %s', (source, position) => {
  const attempt = () => compileLinearPattern(source);
  expect(attempt).toThrow(PatternError);
  if (position !== undefined) expect(attempt).toThrow(expect.objectContaining({ position }));
});
