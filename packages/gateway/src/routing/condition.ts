import { ConditionError, type ConditionToken, readConditionTokens } from './condition-tokens.ts';
import { compileLinearPattern } from './linear-pattern.ts';
import { PatternError } from './pattern-syntax.ts';
import type { RoutingFacts } from './target.ts';

/** A rule's condition, compiled. */
export interface Condition {
  /** Whether it holds; `model` is the one asked for, undefined when none was. */
  readonly test: (facts: RoutingFacts, model: string | undefined) => boolean;
  /** It looks at nothing but the model, so that its answer may be kept by model. */
  readonly dependsOnModelOnly: boolean;
}

type Test = Condition['test'];
type Field = (facts: RoutingFacts, model: string | undefined) => string | undefined;

const maxNesting = 50;
const plainFields: Readonly<Record<string, Field>> = {
  model: (_facts, model) => model,
  tenant: (facts) => facts.tenant,
  stream: (facts) => (facts.stream ? 'true' : 'false'),
  operation: (facts) => facts.operation,
  region: (facts) => facts.region,
  'key.name': (facts) => facts.keyName,
};
const fieldNames = 'model, tenant, stream, operation, region, key.name, header.<name>, tag.<name>';

/** What an operator with one literal asks of a field that is there. */
const comparisons: Readonly<Record<string, (literal: string) => (value: string) => boolean>> = {
  starts_with: (literal) => (value) => value.startsWith(literal),
  ends_with: (literal) => (value) => value.endsWith(literal),
  contains: (literal) => (value) => value.includes(literal),
  '==': (literal) => (value) => value === literal,
};
const operatorNames = 'starts_with, ends_with, contains, matches, ==, !=, in';

/**
 * Compiles a condition such as `model starts_with 'gpt' and not (tenant in ['a', 'b'] or header.x-tier == "free")`.
 * `*` always holds. A field that is absent fails every comparison but `!=`. `matches` takes a pattern that is matched
 * in bounded time (see linear-pattern.ts) anywhere in the field. Throws `ConditionError` with a position.
 */
export function compileCondition(text: string): Condition {
  const parser = new ConditionParser(readConditionTokens(text));
  const test = parser.parse();
  return { test, dependsOnModelOnly: parser.dependsOnModelOnly };
}

/** Recursive descent: `or` binds weakest, then `and`, then `not`. A class for its position only. */
class ConditionParser {
  readonly #tokens: readonly ConditionToken[];
  #index = 0;
  #nesting = 0;
  dependsOnModelOnly = true;

  constructor(tokens: readonly ConditionToken[]) {
    this.#tokens = tokens;
  }

  parse(): Test {
    const test = this.#either();
    const rest = this.#peek();
    if (rest.kind !== 'end') throw unexpected(rest, "'and', 'or' or the end");
    return test;
  }

  #either(): Test {
    const tests = [this.#both()];
    while (this.#takeWord('or')) tests.push(this.#both());
    return tests.length === 1 ? tests[0]! : (facts, model) => tests.some((test) => test(facts, model));
  }

  #both(): Test {
    const tests = [this.#negated()];
    while (this.#takeWord('and')) tests.push(this.#negated());
    return tests.length === 1 ? tests[0]! : (facts, model) => tests.every((test) => test(facts, model));
  }

  #negated(): Test {
    if (++this.#nesting > maxNesting) throw new ConditionError('nested too deeply', this.#peek().position);
    const test = this.#takeWord('not') ? negate(this.#negated()) : this.#primary();
    this.#nesting--;
    return test;
  }

  #primary(): Test {
    if (this.#takeSymbol('*')) return () => true;
    if (!this.#takeSymbol('(')) return this.#comparison();
    const test = this.#either();
    if (!this.#takeSymbol(')')) throw unexpected(this.#peek(), "')'");
    return test;
  }

  #comparison(): Test {
    const field = this.#field();
    const operator = this.#next();
    if (operator.kind === 'word' && operator.text === 'not' && this.#takeWord('in'))
      return negate(this.#membership(field));
    if (operator.kind === 'word' && operator.text === 'in') return this.#membership(field);
    if (operator.kind === 'symbol' && operator.text === '!=') {
      const literal = this.#literal();
      return (facts, model) => field(facts, model) !== literal;
    }
    if (operator.kind === 'word' && operator.text === 'matches') return onValue(field, this.#pattern());
    const isOperator = operator.kind !== 'string' && Object.hasOwn(comparisons, operator.text);
    const compare = isOperator ? comparisons[operator.text] : undefined;
    if (compare === undefined) throw unexpected(operator, `an operator (${operatorNames})`);
    return onValue(field, compare(this.#literal()));
  }

  #field(): Field {
    const token = this.#next();
    if (token.kind !== 'word') throw unexpected(token, `a field (${fieldNames})`);
    if (token.text !== 'model') this.dependsOnModelOnly = false;
    const [, kind, name] = /^(header|tag)\.(.+)$/.exec(token.text) ?? [];
    if (name !== undefined) {
      const header = name.toLowerCase();
      return kind === 'header' ? (facts) => facts.header(header) : (facts) => facts.tag?.(name);
    }
    const field = Object.hasOwn(plainFields, token.text) ? plainFields[token.text] : undefined;
    if (field === undefined) throw unexpected(token, `a field (${fieldNames})`);
    return field;
  }

  #membership(field: Field): Test {
    const open = this.#next();
    const close = open.text === '[' ? ']' : open.text === '(' ? ')' : undefined;
    if (open.kind !== 'symbol' || close === undefined) throw unexpected(open, "'[' after in");
    const values = new Set<string>();
    do values.add(this.#literal());
    while (this.#takeSymbol(','));
    if (!this.#takeSymbol(close)) throw unexpected(this.#peek(), `',' or '${close}'`);
    return onValue(field, (value) => values.has(value));
  }

  #pattern(): (value: string) => boolean {
    const { position } = this.#peek();
    const literal = this.#literal();
    try {
      return compileLinearPattern(literal).test;
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      // The pattern begins after the quote.
      throw new ConditionError(`in the pattern: ${error.message}`, position + 1 + error.position);
    }
  }

  /** A quoted text, or a bare `true`, `false` or number. */
  #literal(): string {
    const token = this.#next();
    const isBare = token.kind === 'word' && /^(?:true|false|\d[\w.-]*)$/.test(token.text);
    if (token.kind !== 'string' && !isBare) throw unexpected(token, 'a quoted text');
    return token.text;
  }

  #peek(): ConditionToken {
    return this.#tokens[this.#index]!;
  }

  #next(): ConditionToken {
    const token = this.#peek();
    if (token.kind !== 'end') this.#index++;
    return token;
  }

  #takeWord(text: string): boolean {
    return this.#take('word', text);
  }

  #takeSymbol(text: string): boolean {
    return this.#take('symbol', text);
  }

  #take(kind: ConditionToken['kind'], text: string): boolean {
    const token = this.#peek();
    if (token.kind !== kind || token.text !== text) return false;
    this.#index++;
    return true;
  }
}

function negate(test: Test): Test {
  return (facts, model) => !test(facts, model);
}

function onValue(field: Field, test: (value: string) => boolean): Test {
  return (facts, model) => {
    const value = field(facts, model);
    return value !== undefined && test(value);
  };
}

function unexpected(token: ConditionToken, expected: string): ConditionError {
  const found = token.kind === 'end' ? 'the end' : `'${token.text}'`;
  return new ConditionError(`expected ${expected}, found ${found}`, token.position);
}
