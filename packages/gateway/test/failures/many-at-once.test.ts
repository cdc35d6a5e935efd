import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, answerOf, call, type Reply } from './caller.ts';
import { type Drill, startDrill } from './drill.ts';
import { type PendingTimers, watchTimers } from './pending-timers.ts';

const runs = 10;
const callers = 200;
const maxAttempts = 3;
const timeout = { stream_headers_seconds: 0.5, first_token_seconds: 0.5, headers_seconds: 0.5, idle_seconds: 0.5 };

let drill: Drill;
let timers: PendingTimers;
beforeEach(() => {
  timers = watchTimers();
});
afterEach(async () => {
  await drill.stop();
  timers.restore();
});

/** Whole, broken honestly, or refused: anything else is a lie to the caller. */
function verdictOf(reply: Reply, stream: boolean): 'whole' | 'broken' | 'refused' | 'lie' {
  const answer: Answer = answerOf(reply);
  if (reply.status >= 400) return answer.error === undefined ? 'lie' : 'refused';
  if (answer.error) return answer.isDone || answer.finishReasons.length > 0 ? 'lie' : 'broken';
  const isWhole = answer.finishReasons.length === 1 && answer.isDone === stream && answer.text.split(' ').length >= 5;
  return isWhole && !reply.isCut ? 'whole' : 'lie';
}

describe.each([
  { primary: 'f4', stream: false, expected: ['whole'] },
  { primary: 'f8?after=3&tokens=5', stream: true, expected: ['broken', 'whole'] },
  { primary: 'f6', stream: true, expected: ['whole'] },
])('$primary, asked by two hundred at once (stream: $stream)', ({ primary, stream, expected }) => {
  it('leaves nothing behind', async () => {
    drill = await startDrill({
      primary,
      fallback: 'ok?tokens=5',
      timeout,
      retry: { max_attempts: maxAttempts, initial_delay_ms: 10 },
    });
    for (let run = 1; run <= runs; run++) {
      const replies = await Promise.all(Array.from({ length: callers }, () => call(drill.gateway.url, { stream })));
      const verdicts = new Set(replies.map((reply) => verdictOf(reply, stream)));
      expect(expected).toEqual(expect.arrayContaining([...verdicts]));
    }
    const lines = await drill.gateway.settled(runs * callers);
    expect(lines).toHaveLength(runs * callers);
    const told = lines.reduce((sum, line) => sum + (line['attempts'] as number), 0);
    const [first, second] = drill.attempts();
    expect(Math.max(...lines.map((line) => line['attempts'] as number))).toBeLessThanOrEqual(maxAttempts);
    expect(told).toBeGreaterThanOrEqual(runs * callers);
    expect(first + second).toBeLessThanOrEqual(told);
    await drill.isQuiet();
    expect(await drill.gateway.metricsText()).toMatch(/^\S*in_flight\S* 0$/m);
    expect(timers.delays().filter((delayMs) => delayMs > 1_000)).toEqual([]);
  });
});
