import { type AttemptRecord, answerText } from '@llm-gateway/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, textAt } from '../failures/wire-frames.ts';
import { check, checkBroken } from './checks.ts';
import { landed } from './landed.ts';
import { variants } from './lanes.ts';
import { factsOf, judge } from './outcome.ts';
import { briefly, type Cast, type Run, type Stage, startStage } from './stage.ts';

/** Streams that break after their first token, how, and after how many tokens. */
const breaks = [
  ['F8', 'f8', 'truncated', 40],
  ['F8b', 'f8b', 'truncated', 40],
  ['F8c', 'f8c', 'truncated', 40],
  ['F9', 'f9?seconds=20', 'idle_timeout', 20],
  ['F10', 'f10', 'malformed', 20],
  ['F17b', 'f17b', '(transient|overloaded)', 20],
  ['F17d', 'f17d', '(transient|overloaded)', 20],
] as const;

const goesOn = { second: 'ok?prefill=honour', secondTarget: { assistant_prefill: true } };
const cannot = { second: 'ok?prefill=refuse', secondTarget: { assistant_prefill: false } };
/** It is said to go on with an answer, and refuses to. */
const refuses = { second: 'f14b', secondTarget: { assistant_prefill: true } };
const mode = (stream_recovery: string) => ({ model: { stream_recovery } });

const casts: Record<string, Cast> = {
  ...Object.fromEntries(
    breaks.flatMap(([id, first]) => [
      [`${id} goes on`, { first, ...goesOn }],
      [`${id} begins again`, { first, ...cannot }],
      [`${id} is refused`, { first, ...refuses }],
    ]),
  ),
  restart: { first: 'f8', ...goesOn, ...mode('restart') },
  'continue where none can': { first: 'f8', ...cannot, ...mode('continue') },
  error: { first: 'f8', ...goesOn, ...mode('error') },
  buffer: { first: 'f8', second: 'ok?gap=4', ...mode('buffer') },
  'buffer alone': { first: 'f8', second: null, ...mode('buffer') },
  'other words': { first: 'f8', ...cannot, second: 'ok?differs=10&prefill=refuse' },
  'another last word': { first: 'f8', ...cannot, second: 'ok?differs=39&prefill=refuse' },
  'other words later': { first: 'f8', ...cannot, second: 'ok?differs=40&prefill=refuse' },
  'both break': { first: 'f8', second: 'f8?after=50', secondTarget: { assistant_prefill: false } },
  'the second is down': { first: 'f8', second: 'f4', secondTarget: { assistant_prefill: false } },
  'the second is silent': { first: 'f8', second: 'f6', secondTarget: { assistant_prefill: false } },
  'the second is silent for long': { first: 'f8', second: 'f21b', secondTarget: { assistant_prefill: false } },
  'cut calls': { first: 'f8?after=3', ...cannot },
  'good calls': { first: 'ok' },
};

const streams = variants('stream');
const cases = streams.map((variant) => [variant.title, variant] as const);

/** The text of an assistant's message that ends the conversation which a target was given; undefined: none does. */
function prefillOf({ body }: AttemptRecord): string | undefined {
  const messages = at(JSON.parse(body.toString('utf8')), 'messages') as readonly unknown[];
  const last = messages.at(-1);
  if (textAt(last, 'role') !== 'assistant') return undefined;
  return textAt(last, 'content') || textAt(last, 'content', 0, 'text');
}

describe.runIf(landed.streamRecovery)('a stream that breaks', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage({ casts, variants: streams, timeout: { ...briefly, streaming_seconds: 20 } });
  });
  afterAll(() => stage.stop());

  /** Whole, without a seam, and told of where it can be: after the answer, and in the log. */
  function expectRecovered(run: Run, how: 'continue' | 'restart', trail: RegExp): void {
    // The same target may get another try before the next one.
    check(run, {
      outcome: 'whole',
      tries: [
        [1, 2],
        [1, 2],
      ],
    });
    // The head went out before anything had failed.
    expect(run.got.headers['x-gateway-attempts']).toMatch(/^\S+ ok$/);
    expect(run.got.trailers['x-gateway-attempts']).toMatch(trail);
    expect(run.line).toMatchObject({ recovered: how, attempts: run.first.length + run.second.length });
    expect(factsOf(run.variant.lane.caller, true, run.got).output).toBeGreaterThan(0);
  }

  describe.each(breaks)('%s', (id, _first, failure, tokens) => {
    it.concurrent.each(cases)('is gone on with where the next target can: %s', async (_, variant) => {
      const run = await stage.run(`${id} goes on`, variant);
      expectRecovered(run, 'continue', new RegExp(`^(\\S+ ${failure}( \\d+)?, )+\\S+ ok$`));
      expect(prefillOf(run.second[0]!)).toBe(answerText(tokens));
    });

    it.concurrent.each(cases)('is begun again where it cannot: %s', async (_, variant) => {
      const run = await stage.run(`${id} begins again`, variant);
      expectRecovered(run, 'restart', new RegExp(`^(\\S+ ${failure}( \\d+)?, )+\\S+ ok$`));
      expect(prefillOf(run.second[0]!)).toBeUndefined();
    });

    it.concurrent.each(cases)(
      'F14: is begun again where going on is refused, and nobody hears of that: %s',
      async (_, variant) => {
        const run = await stage.run(`${id} is refused`, variant);
        expectRecovered(run, 'restart', new RegExp(`^(\\S+ ${failure}( \\d+)?, )+\\S+ \\w+ 400, \\S+ ok$`));
        expect(run.second.map(prefillOf)).toEqual([answerText(tokens), undefined]);
      },
    );
  });

  describe('as it was configured', () => {
    it.concurrent.each(cases)('restart: begun again though it could be gone on with: %s', async (_, variant) => {
      const run = await stage.run('restart', variant);
      expectRecovered(run, 'restart', /^(\S+ truncated( \d+)?, )+\S+ ok$/);
      expect(prefillOf(run.second[0]!)).toBeUndefined();
    });

    it.concurrent.each(cases)('continue: an honest error where nobody can: %s', async (_, variant) => {
      checkBroken(await stage.run('continue where none can', variant), 40);
    });

    it.concurrent.each(cases)('error: an honest error, and no other target is asked: %s', async (_, variant) => {
      const run = await stage.run('error', variant);
      check(run, { outcome: 'kept', tries: [1, 0] });
      checkBroken(run, 40);
      expect(run.line['recovered']).toBeUndefined();
    });

    it.concurrent.each(cases)('buffer: nothing goes out before the answer is whole: %s', async (_, variant) => {
      const run = await stage.run('buffer', variant);
      check(run, { outcome: 'whole', tries: [[1, 2], 1], failures: /truncated( 200)?$/ });
      // The answer took a quarter of a second, all of it before its first byte.
      const endedAt = run.startedAt + run.got.durationMs;
      expect(run.got.durationMs).toBeGreaterThan(200);
      expect(stage.running.between(run.startedAt + run.got.firstByteMs, endedAt)).toBeLessThan(100);
    });

    it.concurrent.each(cases)('buffer: a failure has a status of its own: %s', async (_, variant) => {
      check(await stage.run('buffer alone', variant), { outcome: 'refused', status: 502, tries: [3, 0] });
    });
  });

  describe('and is begun again', () => {
    it.concurrent.each(cases)('ends in an honest error when the other answer is another: %s', async (_, variant) => {
      for (const cast of ['other words', 'another last word']) {
        const run = await stage.run(cast, variant);
        check(run, {
          outcome: 'kept',
          tries: [
            [1, 2],
            [1, 2],
          ],
        });
        checkBroken(run, 40);
      }
    });

    it.concurrent.each(cases)(
      'is whole when the other answer differs only in what was not sent: %s',
      async (_, variant) => {
        const run = await stage.run('other words later', variant);
        expect(judge(variant.lane.caller, true, run.got, answerText(60, 40))).toEqual({ kind: 'whole' });
        expect(run.line).toMatchObject({ recovered: 'restart', message: 'Request completed' });
      },
    );

    it.concurrent.each(cases)(
      'is never more than it is, whatever becomes of the second target: %s',
      async (_, variant) => {
        for (const cast of ['both break', 'the second is down', 'the second is silent']) {
          const run = await stage.run(cast, variant);
          check(run, {
            outcome: 'kept',
            tries: [
              [1, 2],
              [1, 2],
            ],
            withinMs: 8_000,
          });
          expect(run.first.length + run.second.length).toBeLessThanOrEqual(3);
        }
      },
    );

    it.concurrent.each(cases.filter(([, { lane }]) => lane.caller.wire === 'openai-chat'))(
      'tells no call that is cut: %s',
      async (_, variant) => {
        const parameters = { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] };
        const tools = [{ type: 'function', function: { name: 'find', parameters } }];
        const run = await stage.run('cut calls', variant, { body: { tools } });
        const good = await stage.run('good calls', variant, { body: { tools } });
        const outcome = judge(variant.lane.caller, true, run.got, variant.lane.caller.readStream(good.got.body).text);
        expect(outcome.kind === 'wrong' ? outcome.why : outcome.kind).toMatch(/^(whole|broken)$/);
      },
    );
  });

  it.each(cases)('F21: is let go when its caller leaves while it is begun again: %s', async (_, variant) => {
    const id = `left-${variant.lane.name}`;
    const call = stage.open('the second is silent for long', variant, id);
    const ofSecond = () => stage.second.attempts.find(({ headers }) => headers['x-request-id'] === id);
    await stage.second.waitUntil(() => ofSecond()?.firstByteAt !== undefined);
    const leftAt = call.leave();
    await stage.second.waitUntil(() => ofSecond()?.outcome !== undefined);
    expect(ofSecond()?.outcome).toBe('client_closed');
    expect(stage.running.between(leftAt, ofSecond()!.clientClosedAt!)).toBeLessThan(100);
    expect(await stage.lineOf(id)).toMatchObject({ status: 499, failure: 'client_closed' });
  });
});
