import { describe, expect, it } from 'vitest';
import { type AskedModel, useOfAttempt } from './attempt-use.ts';
import { type Operation, operations } from './canonical/operation.ts';
import { Exchange } from './exchange.ts';
import { failureOf } from './relay/attempt.ts';
import { type AttemptOutcome, type UnreportedUse, unreportedUse } from './relay/attempt-outcome.ts';
import type { FailureKind } from './resilience/failure.ts';

const question = { model: 'm', messages: [{ role: 'user', content: 'Hello!' }] };

function exchangeOf(operation: Operation, body: { readonly n?: number } | undefined): Exchange {
  const exchange = Object.create(Exchange.prototype) as Exchange;
  return Object.assign(exchange, {
    operation,
    clock: { wallNow: () => 0 },
    protocol: 'openai-chat',
    facts: { model: 'm', stream: true, includeUsage: false, choices: body?.n ?? 1 },
    body: body && Buffer.from(JSON.stringify(body)),
  });
}

function use(unreported: UnreportedUse | undefined, more: UseCase = {}) {
  const { asked, body = question, kind, operation = 'chat', usage } = more;
  const outcome = { usage, unreported, failure: kind && failureOf(kind, '') } as AttemptOutcome;
  return useOfAttempt(exchangeOf(operation, body), outcome, asked);
}

/** A model that was asked so many milliseconds before it broke off. */
function askedFor(askedMs: number, reasoning: boolean | undefined): AskedModel {
  const step = { resolution: {}, routeTarget: { target: { kind: 'openai' } }, upstreamModel: 'm' };
  const models = { find: () => ({ capabilities: { reasoning }, sources: {} }) };
  return { models, step, askedMs } as unknown as AskedModel;
}

interface UseCase {
  readonly asked?: AskedModel;
  readonly kind?: FailureKind;
  readonly operation?: Operation;
  readonly body?: object;
  readonly usage?: AttemptOutcome['usage'];
}

describe('what an attempt took', () => {
  it('is what was reported where that is all', () => {
    const usage = { input: 0, output: 0 };
    expect(use(undefined, { usage })).toEqual({ usage });
    expect(use(undefined)).toEqual({ usage: undefined });
  });

  it('is an estimate of the request and of what was read', () => {
    expect(use({ outputTokens: 7 })).toEqual({ usage: { input: 9, output: 7 }, isEstimated: true });
  });

  it('takes as much as is usual for what nobody saw, and no more than was allowed', () => {
    expect(use({ outputTokens: undefined }).usage).toEqual({ input: 9, output: 500 });
    expect(use({ outputTokens: undefined }, { body: { ...question, max_tokens: 20 } }).usage!.output).toBe(20);
  });

  it('took one answer for several that nobody saw, and of completions more than was allowed', () => {
    const output = (body: object, operation: Operation = 'chat') =>
      use({ outputTokens: undefined }, { body, operation }).usage!.output;
    expect([output({ ...question, n: 3 }), output({ ...question, n: 3, max_tokens: 20 })]).toEqual([1_500, 60]);
    const prompts = { model: 'm', prompt: ['One', 'Two'], max_tokens: 20 };
    expect([output(prompts, 'completions'), output({ ...prompts, best_of: 3 }, 'completions')]).toEqual([40, 120]);
  });

  it('keeps what a provider told before the end, but for a count that is behind', () => {
    const usage = { input: 40, output: 1, cachedInput: 30 };
    expect(use({ outputTokens: 12 }, { usage })).toEqual({ usage: { ...usage, output: 12 }, isEstimated: true });
    expect(use({ outputTokens: 3 }, { usage: { input: 0, output: 9 } }).usage).toEqual({ input: 9, output: 9 });
  });

  it('does not take the bytes of a picture for words', () => {
    const url = `data:image/png;base64,${'A'.repeat(400_000)}`;
    const messages = [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }];
    expect(use({ outputTokens: 0 }, { body: { messages } }).usage!.input).toBeLessThan(2_000);
  });

  it('goes by the length of a request that it does not understand', () => {
    const body = { messages: 'x'.repeat(386) };
    expect(use({ outputTokens: 0 }, { body })).toEqual({ usage: { input: 101, output: 0 }, isEstimated: true });
  });

  it('depends on how an operation is charged', () => {
    const kinds = Object.fromEntries(
      operations.map((operation) => {
        const { isUseUnknown, usage } = use({ outputTokens: 5 }, { operation });
        return [operation, isUseUnknown ? 'unknown' : usage === undefined ? 'nothing' : usage.output];
      }),
    );
    expect(kinds).toEqual({
      chat: 5,
      completions: 5,
      responses: 5,
      embeddings: 0,
      moderation: 0,
      rerank: 0,
      count_tokens: 'nothing',
      images: 'unknown',
      speech: 'unknown',
      transcription: 'unknown',
      proxy: 'unknown',
    });
  });
});

describe('thoughts that nobody saw, of an answer that broke off, were free', () => {
  const outputOf = (asked: AskedModel, more: object = {}, kind: FailureKind | undefined = 'cancelled') =>
    use({ outputTokens: 7 }, { asked, kind, body: { ...question, ...more } }).usage?.output;

  it.each([
    ['a model that thinks', askedFor(60_000, true), {}, 3_000],
    ['one that has said more than it can have thought', askedFor(100, true), {}, 7],
    ['one that was told not to', askedFor(60_000, true), { reasoning_effort: 'none' }, 7],
    ['one that was told to', askedFor(60_000, undefined), { reasoning_effort: 'low' }, 3_000],
    ['one that does not', askedFor(60_000, false), {}, 7],
    ['one of which nobody knows', askedFor(60_000, undefined), {}, 7],
    ['one that may not say so much', askedFor(60_000, true), { max_completion_tokens: 1_000 }, 1_000],
    ['one that answers several times', askedFor(60_000, true), { n: 2 }, 6_000],
  ])('%s', (_, asked, body, expected) => expect(outputOf(asked, body)).toBe(expected));

  it('but not of an answer that came whole, or that tells its use', () => {
    const asked = askedFor(60_000, true);
    const usage = { input: 3, output: 4 };
    expect(use({ outputTokens: 7 }, { asked }).usage?.output).toBe(7);
    expect(use(undefined, { asked, usage, kind: 'cancelled' })).toEqual({ usage });
  });
});

describe('what a provider may charge for without saying', () => {
  const ended = (kind: FailureKind | undefined, more: Partial<Parameters<typeof unreportedUse>[0]> = {}) =>
    unreportedUse({
      failure: kind && failureOf(kind, ''),
      usage: undefined,
      isFinished: false,
      outputTokens: 0,
      ...more,
    });

  it.each([
    'cancelled',
    'headers_timeout',
    'first_token_timeout',
    'idle_timeout',
    'total_timeout',
    'truncated',
  ] as const)('is what it had in hand when it was interrupted: %s', (kind) =>
    expect(ended(kind)).toEqual({ outputTokens: 0 }),
  );

  it.each(['overloaded', 'rate_limited', 'malformed', 'transient', 'caller_fault', 'content_refused'] as const)(
    'is nothing for a refusal, but what it said before it: %s',
    (kind) => {
      expect(ended(kind)).toBeUndefined();
      expect(ended(kind, { outputTokens: 3 })).toEqual({ outputTokens: 3 });
    },
  );

  it('is nothing where it has said all', () => {
    const usage = { input: 1, output: 0 };
    expect(ended(undefined, { usage })).toBeUndefined();
    expect(ended('cancelled', { usage, isFinished: true })).toBeUndefined();
    expect(ended('cancelled', { usage, outputTokens: 4 })).toEqual({ outputTokens: 4 });
    expect(ended(undefined, { outputTokens: 4 })).toEqual({ outputTokens: 4 });
  });
});
