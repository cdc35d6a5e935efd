import { expect, it } from 'vitest';
import { answerOf } from './caller.ts';
import { startDrill } from './drill.ts';

it.each([
  { of: 'the gateway', sections: { queue: { max_concurrent: 1 } }, code: 'queue_timeout' },
  {
    of: 'a target',
    sections: {
      resilience: { bulkhead: { max_concurrent: 1, max_queue: 10 }, timeout: { request_seconds: 0.2 } },
      queue: { max_concurrent: 10 },
    },
    code: 'target_busy',
  },
  {
    of: 'a target that shows what it bears',
    sections: {
      resilience: {
        adaptive_concurrency: { min: 1, initial: 1, max: 1 },
        timeout: { request_seconds: 0.2 },
      },
    },
    code: 'target_busy',
  },
])(
  'a request waited in the queue of $of for longer than it may take in all',
  async ({ code, sections }) => {
    const drill = await startDrill({ primary: 'f6', timeout: { request_seconds: 0.2 }, sections });
    const holder = drill.open({ stream: true });
    await drill.primary.waitUntil(() => drill.primary.attempts.length === 1);
    const reply = await drill.call();
    expect([reply.status, answerOf(reply).error?.code, reply.headers['retry-after']]).toEqual([503, code, '1']);
    expect(reply.durationMs).toBeGreaterThan(180);
    expect(drill.attempts()).toEqual([1, 0]);
    holder.leave();
    await drill.isQuiet();
    await drill.stop();
  },
  3_000,
);
