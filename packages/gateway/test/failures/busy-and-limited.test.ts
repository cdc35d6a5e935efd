import { expect, it } from 'vitest';
import { answerOf } from './caller.ts';
import { startDrill } from './drill.ts';

it.each([
  ['a bulkhead', { bulkhead: { max_concurrent: 1, max_queue: 0 } }],
  [
    'what it bears',
    { adaptive_concurrency: { min: 1, initial: 1, max: 1 }, bulkhead: { max_concurrent: 1, max_queue: 0 } },
  ],
])('requests that a target had no place for by %s used up what its provider allows', async (_, resilience) => {
  const drill = await startDrill({
    primary: 'sim',
    primaryTarget: { rate_limit: { requests_per_minute: 3 } },
    sections: { resilience, queue: { max_concurrent: 10 } },
  });
  drill.primary.behave({ kind: 'hang', when: 'before-headers' });
  const holder = drill.open();
  await drill.primary.waitUntil(() => drill.primary.attempts.length === 1);
  for (let count = 0; count < 4; count++) expect(answerOf(await drill.call()).error?.code).toBe('target_busy');
  holder.leave();
  await drill.isQuiet();
  drill.primary.behave({ kind: 'answer' });
  expect((await drill.call()).status).toBe(200);
  await drill.stop();
});
