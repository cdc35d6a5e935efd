import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ResponsesDrill, startResponsesDrill } from './responses-drill.ts';

let drill: ResponsesDrill;
beforeEach(async () => {
  drill = await startResponsesDrill({
    protocols: ['openai-chat'],
    config: { auth: { keys: ['key-of-ann', 'key-of-bob'] } },
  });
});
afterEach(() => drill.stop());

const call = (path: string, init: RequestInit = {}) =>
  fetch(`${drill.gateway.url}/v1/responses/${path}`, { headers: { authorization: 'Bearer key-of-ann' }, ...init });

describe('a kept response', () => {
  it('is read as it was answered', async () => {
    const whole = await drill.ask({ input: 'Hello' });
    const streamed = await drill.ask({ input: 'Hello' }, 'streamed');
    for (const answer of [whole, streamed]) {
      const { output_text, ...rest } = answer;
      expect(await (await call(answer.id)).json()).toEqual(JSON.parse(JSON.stringify(withoutParsed(rest))));
      expect((await drill.client().responses.retrieve(answer.id)).output_text).toBe(output_text);
    }
  });

  it('is deleted once, with all that refers to it', async () => {
    const { id } = await drill.ask({ input: 'Hello' });
    const reply = await call(id, { method: 'DELETE' });
    expect(await reply.json()).toEqual({ id, object: 'response', deleted: true });
    await expect(drill.client().responses.delete(id)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    await expect(drill.client().responses.retrieve(id)).rejects.toMatchObject({
      status: 404,
      type: 'invalid_request_error',
      message: expect.stringContaining(`Response with id '${id}' not found.`),
    });
  });

  it('cannot be cancelled', async () => {
    const { id } = await drill.ask({ input: 'Hello' });
    const cancel = (which: string) => drill.client().responses.cancel(which);
    await expect(cancel(id)).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    await expect(cancel('resp_none')).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });
});

describe('the list of what was said before', () => {
  const idsOf = (items: readonly { readonly id?: string | null }[]) => items.map(({ id }) => id);

  it('has the newest first, in pages', async () => {
    const first = await drill.ask({ input: ['One', 'Two'].map((content) => ({ role: 'user', content })) });
    const { id } = await drill.ask({ input: 'Three', previous_response_id: first.id });
    const { inputItems } = drill.client().responses;
    const { data } = await inputItems.list(id, { order: 'asc' });
    expect(data).toMatchObject(
      [
        { role: 'user', content: [{ type: 'input_text', text: 'One' }] },
        { role: 'user', content: [{ type: 'input_text', text: 'Two' }] },
        { role: 'assistant', id: first.output[0]!.id, content: first.output_text },
        { role: 'user', content: [{ type: 'input_text', text: 'Three' }] },
      ].map((item) => (typeof item.content === 'string' ? { ...item, content: [{ text: item.content }] } : item)),
    );
    const all: unknown[] = [];
    for await (const item of inputItems.list(id, { limit: 1 })) all.push(item);
    expect(all).toEqual([...data].reverse());
    const page = await (await call(`${id}/input_items?limit=2`)).json();
    expect(page).toMatchObject({ object: 'list', first_id: data[3]!.id, last_id: data[2]!.id, has_more: true });
    expect(new Set(idsOf(data)).size).toBe(4);
  });

  it.each(['limit=0', 'limit=101', 'limit=x', 'after=none'])('refuses %s', async (query) => {
    const { id } = await drill.ask({ input: 'Hello' });
    expect((await call(`${id}/input_items?${query}`)).status).toBe(400);
  });
});

describe('nobody reads', () => {
  it.each([
    ['', 'GET'],
    ['', 'DELETE'],
    ['/input_items', 'GET'],
    ['/cancel', 'POST'],
  ])('a response without a key: %s %s', async (tail, method) => {
    const { id } = await drill.ask({ input: 'Hello' });
    const reply = await fetch(`${drill.gateway.url}/v1/responses/${id}${tail}`, { method });
    expect(reply.status).toBe(401);
    expect(await reply.json()).toMatchObject({ error: { code: 'invalid_api_key' } });
    expect((await call(id)).status).toBe(200);
    const other = { headers: { authorization: 'Bearer key-of-bob' }, method };
    expect((await call(id + tail, other)).status).toBe(404);
  });

  it('more often than the limit of requests allows', async () => {
    await drill.stop();
    const config = { rate_limit: { requests_per_minute: 2 } };
    drill = await startResponsesDrill({ protocols: ['openai-chat'], config });
    const { id } = await drill.ask({ input: 'Hello' });
    expect((await call(id)).status).toBe(200);
    const refused = await call(id);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('without the signature that requests must have', async () => {
    await drill.stop();
    const config = { security: { request_signing: { enabled: true, secret: 'shared-secret' } } };
    drill = await startResponsesDrill({ protocols: ['openai-chat'], config });
    const reply = await call('resp_gw0123456789abcdef');
    expect([reply.status, await reply.json()]).toMatchObject([401, { error: { code: 'invalid_signature' } }]);
  });

  it('by another method', async () => {
    const reply = await call('resp_1/input_items', { method: 'DELETE' });
    expect([reply.status, reply.headers.get('allow')]).toEqual([405, 'GET']);
    expect((await call('resp_1', { method: 'PUT' })).headers.get('allow')).toBe('GET, DELETE');
    expect((await call('resp_1/other')).status).toBe(404);
  });
});

/** What the library adds to a stream's answer. */
function withoutParsed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutParsed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(
    ([key]) => !['parsed', 'parsed_arguments', 'output_parsed', '_request_id'].includes(key),
  );
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutParsed(inner)]));
}
