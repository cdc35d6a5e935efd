import { afterEach, expect, it } from 'vitest';
import { answerOf } from './caller.ts';
import { type Drill, startDrill } from './drill.ts';

let drill: Drill;
afterEach(() => drill.stop());

/** A provider that puts a byte order mark before its JSON. */
async function startMarking(body: string, status = 200): Promise<void> {
  drill = await startDrill({ primary: 'sim' });
  const headers = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body) + 3}`;
  const bytes = `HTTP/1.1 ${status} \r\n${headers}\r\n\r\n\uFEFF${body}`;
  drill.primary.behave({ kind: 'raw', wire: true, bytes });
}

const answer = (content: string): string =>
  JSON.stringify({
    id: 'x',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  });

it('an answer behind a byte order mark was taken for none', async () => {
  await startMarking(answer('Hi'));
  const reply = await drill.call();
  expect(reply.status).toBe(200);
  expect(reply.body.toString()).toBe(answer('Hi'));
});

it('a long answer behind one reached callers with it', async () => {
  const long = answer('x'.repeat(5_000_000));
  await startMarking(long);
  const reply = await drill.call();
  expect(reply.isCut).toBe(false);
  expect(reply.headers['content-length']).toBe(String(long.length));
  expect(reply.body.equals(Buffer.from(long))).toBe(true);
});

it('an answer behind one could not be translated', async () => {
  await startMarking(answer('Hi'));
  const reply = await drill.call({ path: '/v1/messages' });
  expect(JSON.parse(reply.body.toString())).toMatchObject({ type: 'message', content: [{ type: 'text', text: 'Hi' }] });
});

it('the reason of a refusal behind one was lost', async () => {
  const error = { message: 'No such thing.', type: 'invalid_request_error', param: null, code: null };
  await startMarking(JSON.stringify({ error }), 400);
  const reply = await drill.call();
  expect(reply.status).toBe(400);
  expect(answerOf(reply).error).toEqual(error);
});
