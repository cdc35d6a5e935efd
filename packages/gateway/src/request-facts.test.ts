import { describe, expect, it } from 'vitest';
import { createChatExchange } from './exchange.fixture.ts';
import type { Exchange } from './exchange.ts';
import { ParsedBody } from './parsed-body.ts';
import { estimatedTokens, RequestFacts } from './request-facts.ts';
import { roughUsage } from './rough-tokens.ts';

function exchangeOf(parsedBody: ParsedBody): Exchange {
  const exchange = createChatExchange();
  exchange.parsedBody = parsedBody;
  exchange.body = Buffer.alloc(4_000);
  return exchange;
}

const bodyOf = (content: string) => ({
  model: 'm',
  max_tokens: 70,
  tools: [{}],
  messages: [{ role: 'user', content }],
});
const outlined = (content: string) => new ParsedBody(bodyOf(''), Buffer.from(JSON.stringify(bodyOf(content))));
const factsOf = (body: ParsedBody) => new RequestFacts(exchangeOf(body), { kind: 'conversation' }, 'm');

describe('RequestFacts of a body of which there is an outline', () => {
  it('keeps conversations together by what they say', () => {
    const whole = factsOf(new ParsedBody(bodyOf('one text'))).stickyHash;
    expect(factsOf(outlined('one text')).stickyHash).toBe(whole);
    expect(factsOf(outlined('another text')).stickyHash).not.toBe(whole);
  });

  it('takes from the outline what stands there, and says the same of the whole', () => {
    for (const body of [outlined('text'), new ParsedBody(bodyOf('text'))]) {
      const { needs, outputTokens } = factsOf(body);
      expect([needs, outputTokens]).toEqual([1, 70]);
    }
    expect(estimatedTokens(exchangeOf(outlined('text')))).toBe(
      estimatedTokens(exchangeOf(new ParsedBody(bodyOf('text')))),
    );
  });
});

describe('the limit on output that is set aside', () => {
  it.each([
    [{ generationConfig: { maxOutputTokens: 70_000 } }],
    // Google's servers read both spellings, of members and of what holds them.
    [{ generation_config: { max_output_tokens: 70_000 } }],
    [{ generationConfig: { max_output_tokens: 70_000 } }],
    [{ generationConfig: { maxOutputTokens: '70000' } }],
    [{ inferenceConfig: { maxTokens: 70_000 } }],
  ])('is found in %j', (body) => {
    expect(factsOf(new ParsedBody(body)).outputTokens).toBe(70_000);
  });
});

it('a crash cut off one answer of several that were asked for', () => {
  const exchange = exchangeOf(new ParsedBody({ ...bodyOf('text'), n: 3 }));
  exchange.facts = { ...exchange.facts, choices: 3 };
  expect(roughUsage(exchange)).toEqual({ input: 1_000, output: 210 });
});
