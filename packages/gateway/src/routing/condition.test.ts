import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileCondition } from './condition.ts';
import { ConditionError } from './condition-tokens.ts';
import { makeFacts } from './target.fixture.ts';
import type { RoutingFacts } from './target.ts';

const facts = makeFacts({
  tenant: 'acme',
  stream: true,
  operation: 'chat',
  keyName: 'ci',
  region: 'eu',
  header: (name) => ({ 'x-tier': 'gold' })[name],
  tag: (name) => ({ team: 'blue' })[name],
});
const holds = (text: string, model: string | undefined = 'gpt-4o', given: RoutingFacts = facts) =>
  compileCondition(text).test(given, model);

describe('conditions that hold for gpt-4o', () => {
  it.each([
    '*',
    "model starts_with 'gpt'",
    'model ends_with "4o"',
    "model contains 't-4'",
    "model matches '^gpt-\\d+o$'",
    "model == 'gpt-4o'",
    "model != 'gpt-4'",
    "model in ['a', 'gpt-4o']",
    "model in ('gpt-4o')",
    "model not in ['a', 'b']",
    'stream == true',
    "stream == 'true'",
    "tenant == 'acme' and region == 'eu'",
    "operation == 'chat'",
    "key.name == 'ci'",
    "header.X-Tier == 'gold'",
    "tag.team == 'blue'",
    "tag.other != 'blue'",
    "not tenant == 'other'",
    "not not model == 'gpt-4o'",
    "tenant == 'x' or tenant == 'y' or model starts_with 'gpt'",
    "tenant == 'x' and stream == true or model contains 'gpt'",
    "model contains 'gpt' or tenant == 'x' and stream == false",
    "(tenant == 'x' or stream == true) and not (region == 'us')",
    "\n model\tstarts_with 'gpt'  ",
  ])('%s', (text) => expect(holds(text)).toBe(true));
});

describe('conditions that do not', () => {
  it.each([
    "model starts_with 'GPT'",
    "model == 'gpt'",
    "header.absent == ''",
    "header.absent contains ''",
    'stream == false',
    "(tenant == 'x' or stream == true) and region == 'us'",
    'not *',
  ])('%s', (text) => expect(holds(text)).toBe(false));
});

describe('conditions that are refused, and where', () => {
  it.each([
    ['', 1, 'expected a field'],
    ['   ', 4, 'expected a field'],
    ["modle == 'x'", 1, "found 'modle'"],
    ["constructor == 'x'", 1, 'expected a field'],
    ["model startswith 'x'", 7, 'expected an operator'],
    ["model constructor 'x'", 7, 'expected an operator'],
    ["model = 'x'", 7, "unexpected '='"],
    ['model ==', 9, 'expected a quoted text'],
    ['model == gpt', 10, 'expected a quoted text'],
    ["model == 'x", 10, 'a quote is not closed'],
    ["model == 'x' tenant", 14, "expected 'and', 'or' or the end"],
    ["(model == 'x'", 14, "expected ')'"],
    ["model == 'x' and", 17, 'expected a field'],
    ["model in 'x'", 10, "expected '['"],
    ["model in ['x' 'y']", 15, "expected ',' or ']'"],
    ['model in []', 11, 'expected a quoted text'],
    ["model matches 'a('", 18, 'in the pattern'],
    ["model matches '(a)\\1'", 20, 'not supported'],
    ["model matches '(?=a)'", 17, 'look-around'],
    ['('.repeat(100), 51, 'nested too deeply'],
    [`model == '${'x'.repeat(5_000)}'`, 4_097, 'longer than'],
  ])('%j at %i', (text, position, message) => {
    const attempt = () => compileCondition(text);
    expect(attempt).toThrow(ConditionError);
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(expect.objectContaining({ position }));
  });
});

it('knows whether it looks at the model only', () => {
  expect(compileCondition("model == 'a' or model in ['b']").dependsOnModelOnly).toBe(true);
  expect(compileCondition("model == 'a' and stream == true").dependsOnModelOnly).toBe(false);
  expect(compileCondition('*').dependsOnModelOnly).toBe(true);
});

it('treats a request without a model as one whose field is absent', () => {
  const test = compileCondition("model starts_with ''").test;
  expect(test(facts, undefined)).toBe(false);
  expect(holds("model != 'x'", undefined)).toBe(true);
});

it('never throws anything but its own error', () => {
  const piece = fc.constantFrom(
    'model',
    'and',
    'or',
    'not',
    '(',
    ')',
    "'x'",
    '==',
    'in',
    '[',
    ']',
    ',',
    '*',
    'matches',
    '"a+"',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(' ')),
      ),
      (text) => {
        try {
          expect(typeof compileCondition(text).test(facts, 'x')).toBe('boolean');
        } catch (error) {
          if (!(error instanceof ConditionError)) throw error;
          expect(error.position).toBeGreaterThanOrEqual(1);
          expect(error.position).toBeLessThanOrEqual(text.length + 1);
        }
      },
    ),
  );
});

it('reads quoted texts as they were meant', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), (literal) => {
      const quoted = `'${literal.replace(/['\\]/g, '\\$&')}'`;
      expect(compileCondition(`model == ${quoted}`).test(facts, literal)).toBe(true);
      expect(compileCondition(`model == ${quoted}`).test(facts, `${literal}x`)).toBe(false);
    }),
  );
});
