import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileCondition } from '../../src/routing/condition.ts';
import { ConditionError } from '../../src/routing/condition-tokens.ts';
import type { RoutingFacts } from '../../src/routing/target.ts';
import { runs } from './runs.ts';

const words = [
  'model',
  'tenant',
  'header.x-tier',
  'tag.a',
  'key.name',
  'constructor',
  '__proto__',
  'header.',
  'starts_with',
  'matches',
  'in',
  'not',
  'and',
  'or',
  '==',
  '!=',
  '(',
  ')',
  '[',
  ']',
  ',',
  "'gpt'",
  '"a\\"b"',
  "'^(a+)+$'",
  "'[z-a]'",
  "'",
  '*',
];
const condition = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc
    .array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 4 })), { maxLength: 20 })
    .map((parts) => parts.join(' ')),
  fc.nat(5_000).map((depth) => `${'('.repeat(depth)}model == 'a'${')'.repeat(depth)}`),
  fc.nat(5_000).map((depth) => `${'not '.repeat(depth)}model == 'a'`),
);

const facts = {
  pathModel: undefined,
  bodyModel: 'gpt-4o',
  operation: 'chat',
  stream: true,
  tenant: 'a',
  keyName: 'b',
  region: undefined,
  header: () => 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!',
} as RoutingFacts;

describe('any text as a condition', () => {
  it('is a condition that answers, or an error with a place', () => {
    fc.assert(
      fc.property(condition, fc.option(fc.string({ unit: 'binary' }), { nil: undefined }), (text, model) => {
        try {
          expect(typeof compileCondition(text).test(facts, model)).toBe('boolean');
        } catch (error) {
          expect(error).toBeInstanceOf(ConditionError);
        }
      }),
      runs(3_000),
    );
  });
});
