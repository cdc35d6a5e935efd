import { hugeEventText, type Simulator } from '@llm-gateway/simulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, call, type Reply } from './caller.ts';
import { type Drill, startDrill, wholeText } from './drill.ts';

let drill: Drill;
let provider: Simulator;
beforeAll(async () => {
  drill = await startDrill({ primary: 'sim' });
  provider = drill.primary;
});
afterAll(() => drill.stop());

const chunkings = ['event', 'byte', 'all', [1, 2, 3, 5, 7, 11, 13], [4_096]] as const;
const newlines = ['\n', '\r\n', '\r'] as const;

/** Ids count attempts; everything else must be the same byte for byte. */
const withoutIds = ({ body }: Pick<Reply, 'body'>): string => body.toString('latin1').replace(/"id":"[^"]*"/g, '');

describe.each(newlines)('a stream whose lines end with %j', (newline) => {
  it.each(chunkings)('arrives byte for byte, in chunks of %j', async (chunking) => {
    provider.behave({ kind: 'answer', newline, chunking, bom: true, comments: true });
    const direct = await call(provider.url, { model: 'sim', stream: true, includeUsage: true });
    const reply = await drill.call({ stream: true, includeUsage: true });
    expect(withoutIds(reply)).toBe(withoutIds(direct));
    expect(answerOf(reply)).toMatchObject({ text: wholeText, isDone: true, usage: { completion_tokens: 60 } });
  });

  it('keeps usage to itself that its caller did not ask for', async () => {
    provider.behave({ kind: 'answer', newline, chunking: 'byte' });
    const reply = await drill.call({ stream: true });
    expect(answerOf(reply)).toMatchObject({ text: wholeText, isDone: true, usage: undefined });
  });
});

describe.each(['event', 'all', [1_000, 65_536]] as const)('an event of a megabyte, in chunks of %j', (chunking) => {
  it('arrives whole', async () => {
    provider.behave({ kind: 'answer', text: hugeEventText(1_000_000), chunking });
    const reply = await drill.call({ stream: true });
    expect(answerOf(reply).text).toBe(hugeEventText(1_000_000));
  });
});

it('an event of a megabyte is one event to the caller too', async () => {
  provider.behave({ kind: 'huge-event', bytes: 1_000_000 });
  const reply = await drill.call({ stream: true });
  expect(answerOf(reply)).toMatchObject({ text: hugeEventText(1_000_000), isDone: true });
});

it('an event longer than any that is allowed ends in an error, before or after the first token', async () => {
  provider.behave({ kind: 'huge-event', bytes: 17 * 1024 * 1024 });
  const reply = await drill.call({ stream: true });
  const answer = answerOf(reply);
  expect(answer.error?.code).toBe('upstream_malformed');
  expect(answer.isDone).toBe(false);
  await drill.isQuiet();
});

it('a stream cut at any byte inside a character of several bytes breaks at an event boundary', async () => {
  const event = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: '👩‍🚀漢' } }] })}\n\n`;
  const whole = Buffer.from(event);
  for (let cut = whole.indexOf('👩‍🚀'); cut < whole.length - 2; cut++) {
    const bytes = Buffer.concat([whole, whole.subarray(0, cut)]);
    provider.behave({
      kind: 'raw',
      base64: bytes.toString('base64'),
      headers: { 'content-type': 'text/event-stream' },
    });
    const reply = await drill.call({ stream: true });
    const answer = answerOf(reply);
    expect(answer).toMatchObject({ text: '👩‍🚀漢', isDone: false, error: { code: 'upstream_truncated' } });
  }
});
