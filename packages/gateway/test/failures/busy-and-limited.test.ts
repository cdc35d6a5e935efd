import { expect, it } from 'vitest';
import { answerOf, openPost, readAll } from './caller.ts';
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

it('requests that a target has no words for used up what its provider allows', async () => {
  const drill = await startDrill({
    primary: 'sim',
    primaryTarget: { rate_limit: { requests_per_minute: 3 }, protocols: ['anthropic-messages'] },
  });
  const { url } = drill.gateway;
  const ask = async (more: object) => {
    const body = JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'Hello' }], ...more });
    return readAll(await openPost(`${url}/v1/chat/completions`, { body }).response);
  };
  const codeOf = ({ body }: { readonly body: Buffer }) => JSON.parse(body.toString()).error?.code;
  for (let count = 0; count < 4; count++) expect(codeOf(await ask({ n: 2 }))).toBe('invalid_request');
  expect(codeOf(await ask({}))).toBeUndefined();
  expect(drill.attempts()).toEqual([1, 0]);
  await drill.stop();
});
