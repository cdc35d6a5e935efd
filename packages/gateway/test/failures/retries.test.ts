import { afterEach, describe, expect, it } from 'vitest';
import { answerOf } from './caller.ts';
import { type Drill, type DrillOptions, expectWhole, onlyLine, startDrill } from './drill.ts';

let drill: Drill;
const start = async (options: DrillOptions): Promise<Drill> => {
  drill = await startDrill(options);
  return drill;
};
afterEach(() => drill.stop());

/** Milliseconds between the starts of one attempt at the first target and the next. */
function gaps(): number[] {
  const starts = drill.primary.attempts.map(({ startedAt }) => startedAt);
  return starts.slice(1).map((startedAt, index) => startedAt - starts[index]!);
}

describe.each([{ stream: true }, { stream: false }])(
  'a target that refuses or fails (stream: $stream)',
  ({ stream }) => {
    it('is waited for as long as it asked, when nothing else can answer', async () => {
      // What is asked for comes in whole seconds.
      const seconds = stream ? 2 : 1;
      await start({ primary: `f1?retry=${seconds}` });
      const reply = await drill.call({ stream });
      expectWhole(reply, stream);
      expect(drill.attempts()).toEqual([2, 0]);
      expect(gaps()[0]).toBeGreaterThanOrEqual(seconds * 900);
      expect(gaps()[0]).toBeLessThan(seconds * 1_700);
      expect(await onlyLine(drill)).toMatchObject({ status: 200, attempts: 2 });
    });

    it('is left at once for another when it asks to wait', async () => {
      await start({ primary: 'f1', fallback: 'ok' });
      const reply = await drill.call({ stream });
      expectWhole(reply, stream);
      expect(reply.durationMs).toBeLessThan(1_000);
      expect(drill.attempts()).toEqual([1, 1]);
      expect(reply.headers['x-gateway-attempts']).toMatch(/ rate_limited 429, .* ok$/);
    });

    it('is tried again with growing, uneven waits, then left, when it limits without saying for how long', async () => {
      await start({ primary: 'f2', fallback: 'ok', retry: { initial_delay_ms: 100 } });
      expectWhole(await drill.call({ stream }), stream);
      expect(drill.attempts()).toEqual([2, 1]);
      expect(gaps()[0]).toBeGreaterThanOrEqual(50);
    });

    it('limits for ever and alone: the caller is told to wait, after as many tries as are allowed', async () => {
      await start({ primary: 'f2', retry: { initial_delay_ms: 100 } });
      const reply = await drill.call({ stream });
      expect(reply.status).toBe(429);
      expect(reply.headers['retry-after']).toBe('1');
      expect(drill.attempts()).toEqual([3, 0]);
      expect(gaps()[1]).toBeGreaterThan(gaps()[0]! * 0.9);
      expect(await onlyLine(drill)).toMatchObject({ status: 429, attempts: 3, failure: 'rate_limited' });
    });

    it.each(['f3', 'f5'])('is tried again after a single failure (%s)', async (scenario) => {
      await start({ primary: scenario, fallback: 'ok' });
      expectWhole(await drill.call({ stream }), stream);
      expect(drill.attempts()).toEqual([2, 0]);
      expect(await onlyLine(drill)).toMatchObject({ status: 200, attempts: 2 });
    });

    it.each(['f4', 'f16', 'f22b', 'f22c', 'f22d'])(
      'is left for another when it keeps failing (%s)',
      async (scenario) => {
        await start({ primary: scenario, fallback: 'ok' });
        const answer = expectWhole(await drill.call({ stream, includeUsage: true }), stream);
        // The answer tells of the target that gave it, and counts nothing twice.
        expect(answer.model).toBe('ok');
        expect(answer.usage?.completion_tokens).toBe(60);
        expect(drill.attempts()).toEqual([2, 1]);
        expect(await onlyLine(drill)).toMatchObject({ attempts: 3, provider: 'second', tokens: { output: 60 } });
      },
    );

    it.each([1, 2, 5])('is never tried more often than configured in all (%s)', async (maxAttempts) => {
      await start({ primary: 'f4', fallback: 'f4', retry: { max_attempts: maxAttempts, initial_delay_ms: 5 } });
      const reply = await drill.call({ stream });
      expect(reply.status).toBe(503);
      expect(answerOf(reply).error?.code).toBe('upstream_overloaded');
      const [first, second] = drill.attempts();
      expect(first + second).toBeLessThanOrEqual(maxAttempts);
      expect((await onlyLine(drill))['attempts']).toBe(first + second);
    });
  },
);

describe.each([{ stream: true }, { stream: false }])("a fault that is the caller's (stream: $stream)", ({ stream }) => {
  it.each(['f12', 'f13'])(
    'is tried once, and the words of the provider reach the caller as they are (%s)',
    async (name) => {
      await start({ primary: name });
      const reply = await drill.call({ stream });
      expect(reply.status).toBe(400);
      expect(drill.attempts()).toEqual([1, 0]);
      const direct = await fetch(`${drill.primary.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: name, messages: [{ role: 'user', content: 'Hello there' }] }),
      });
      expect(reply.body).toEqual(Buffer.from(await direct.arrayBuffer()));
      expect(reply.headers['content-type']).toBe(direct.headers.get('content-type'));
      expect(await onlyLine(drill)).toMatchObject({ status: 400, attempts: 1 });
    },
  );

  it('goes to a model with a larger window when the route has one', async () => {
    await start({ primary: 'f12', fallback: 'ok' });
    expectWhole(await drill.call({ stream }), stream);
    expect(drill.attempts()).toEqual([1, 1]);
  });

  it('is not carried elsewhere when the content itself was refused', async () => {
    await start({ primary: 'f13', fallback: 'ok' });
    const reply = await drill.call({ stream });
    expect(answerOf(reply).error?.code).toBe('content_policy_violation');
    expect(drill.attempts()).toEqual([1, 0]);
  });
});

describe('a credential that the provider refuses', () => {
  it('is never shown as a fault of the caller', async () => {
    await start({ primary: 'f23' });
    const reply = await drill.call();
    expect(reply.status).toBe(502);
    expect(answerOf(reply).error?.code).toBe('upstream_credentials');
    expect(drill.attempts()).toEqual([1, 0]);
    expect(drill.gateway.rawLog() + reply.body.toString()).not.toContain('sk-first');
  });

  it('sends this and every later request elsewhere', async () => {
    await start({ primary: 'f23', fallback: 'ok' });
    expectWhole(await drill.call({ stream: true }), true);
    expectWhole(await drill.call({ stream: false }), false);
    expect(drill.attempts()).toEqual([1, 2]);
  });

  it('showed the caller a 403 when it was refused for one model only', async () => {
    await start({ primary: 'f23b' });
    const reply = await drill.call();
    expect(reply.status).toBe(404);
    expect(answerOf(reply).error?.code).toBe('model_not_found');
    expect(drill.attempts()).toEqual([1, 0]);
  });

  it('is left for another when it was refused for one model only', async () => {
    await start({ primary: 'f23b', fallback: 'ok' });
    expectWhole(await drill.call({ stream: true }), true);
    expect(drill.attempts()).toEqual([1, 1]);
  });
});

describe.each(['f24', 'f24b', 'f24c'])('an account that is used up (%s)', (scenario) => {
  it('is tried once, and not again for later requests', async () => {
    await start({ primary: scenario, fallback: 'ok' });
    expectWhole(await drill.call({ stream: true }), true);
    expectWhole(await drill.call({ stream: true }), true);
    expect(drill.attempts()).toEqual([1, 2]);
  });
});
