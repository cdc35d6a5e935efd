import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf, type Front, message, startFront } from './front.ts';

let front: Front;
beforeAll(async () => {
  front = await startFront();
});
afterAll(() => front.stop());

const rest = '"messages":[{"role":"user","content":"Hi"}]';
const ask = (body: string) => front.ask(message({ body }));

describe('a member that decides and is there twice', () => {
  it.each([
    ['model', `{"model":"m","model":"n",${rest}}`],
    ['model', `{"model":"m",${rest},"mod\\u0065l":"n"}`],
    ['model', `{"model":null,${rest},"model":"m"}`],
    ['stream', `{"model":"m","stream":true,"stream":false,${rest}}`],
    ['max_tokens', `{"model":"m","max_tokens":100000,"max_tokens":1,${rest}}`],
    ['service_tier', `{"model":"m","service_tier":"priority",${rest},"service_tier":"flex"}`],
    ['n', `{"n":9,"model":"m","n":1,${rest}}`],
    ['messages', `{"model":"m",${rest},"messages":[{"role":"user","content":"Hello"}]}`],
  ])('was read in its last place, and sent in both: `%s`', async (param, body) => {
    const reply = await ask(body);
    const error = errorOf(reply);
    expect([reply.status, error.code]).toEqual([400, 'invalid_request']);
    expect(error.message).toBe(`\`${param}\` is there twice, with different values. Send it once.`);
    await front.expectUnharmed();
  });

  it.each([
    ['says the same', `{"model":"m","model" : "m",${rest},"stream":false,"stream":false}`],
    ['decides nothing', `{"model":"m","x":1,${rest},"x":2,"temperature":0.1,"temperature":0.2}`],
    ['lies deeper', `{"model":"m","metadata":{"model":"a","model":"b"},${rest}}`],
  ])('passes where it %s', async (_what, body) => {
    expect((await ask(body)).status).toBe(200);
  });
});
