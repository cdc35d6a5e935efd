import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { type Mode, type ResponsesDrill, startResponsesDrill } from './responses-drill.ts';

let drill: ResponsesDrill;
afterEach(() => drill.stop());

const modes: readonly Mode[] = ['whole', 'streamed'];
const protocols = ['openai-chat'];
const notFound = {
  status: 400,
  code: 'previous_response_not_found',
  param: 'previous_response_id',
  type: 'invalid_request_error',
};

describe('a response that was not kept', () => {
  it.each(modes)('is one with store: false, %s', async (mode) => {
    drill = await startResponsesDrill({ protocols });
    const first = await drill.ask({ input: 'Hello', store: false }, mode);
    expect(first).toMatchObject({ store: false });
    await expect(drill.ask({ input: 'More', previous_response_id: first.id }, mode)).rejects.toMatchObject(notFound);
    await expect(drill.client().responses.retrieve(first.id)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });

  it('is one that is older than a day, or whatever else the configuration says', async () => {
    drill = await startResponsesDrill({ protocols });
    const { gateway, load } = drill.gateway;
    const usual = { store: true, maxEntries: 10_000, maxBytes: 64 * 1024 * 1024, ttlMs: 86_400_000 };
    expect(gateway.runtime.config.responses).toEqual(usual);
    const first = await drill.ask({ input: 'Hello' });
    gateway.reload(
      await load({ ...drill.config, responses: { max_entries: 1, max_bytes: 9_000, ttl_seconds: 0.001 } }),
    );
    expect(gateway.runtime.config.responses).toEqual({ store: true, maxEntries: 1, maxBytes: 9_000, ttlMs: 1 });
    const second = await drill.ask({ input: 'Hello' });
    await expect(drill.ask({ input: 'More', previous_response_id: first.id })).rejects.toMatchObject(notFound);
    await expect(drill.ask({ input: 'More', previous_response_id: second.id })).rejects.toMatchObject(notFound);
  });

  it('is every one where the configuration says so', async () => {
    drill = await startResponsesDrill({ protocols, config: { responses: { store: false } } });
    const first = await drill.ask({ input: 'Hello', store: true });
    expect(first).toMatchObject({ store: false });
    await expect(drill.ask({ input: 'More', previous_response_id: first.id })).rejects.toMatchObject(notFound);
  });

  it.each(modes)('is one that broke off, %s', async (mode) => {
    drill = await startResponsesDrill({ protocols });
    drill.upstream.behave({ kind: 'truncate', afterTokens: 5, clean: true });
    const ids: string[] = [];
    const stream = drill.client().responses.stream({ model: 'm', input: 'Hello' });
    if (mode === 'streamed') stream.on('response.created', ({ response }) => void ids.push(response.id));
    await expect(stream.finalResponse()).rejects.toThrow();
    for (const id of ids) await expect(drill.client().responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
    if (mode === 'streamed') expect(ids).toHaveLength(1);
  });

  it('is one of another key', async () => {
    drill = await startResponsesDrill({ protocols });
    const first = await drill.ask({ input: 'My secret' });
    const other = drill.client('key-of-bob');
    const item = first.output[0]!.id!;
    const create = (ask: object) => other.responses.create({ model: 'm', input: 'Tell', ...ask });
    await expect(create({ previous_response_id: first.id })).rejects.toMatchObject(notFound);
    await expect(create({ input: [{ type: 'item_reference', id: item }] })).rejects.toMatchObject({ status: 404 });
    await expect(other.responses.retrieve(first.id)).rejects.toMatchObject({ status: 404 });
    await expect(other.responses.inputItems.list(first.id)).rejects.toMatchObject({ status: 404 });
    await expect(other.responses.delete(first.id)).rejects.toMatchObject({ status: 404 });
    expect((await drill.client().responses.retrieve(first.id)).id).toBe(first.id);
  });

  it('is one from before a restart, and the error says why', async () => {
    drill = await startResponsesDrill({ protocols });
    const first = await drill.ask({ input: 'Hello' });
    await drill.stop();
    drill = await startResponsesDrill({ protocols });
    const again = drill.ask({ input: 'More', previous_response_id: first.id });
    await expect(again).rejects.toMatchObject({ ...notFound, message: expect.stringContaining('before a restart') });
    expect(drill.upstream.attemptCount).toBe(0);
  });

  it('is one that newer ones pushed out', async () => {
    drill = await startResponsesDrill({ protocols, config: { responses: { max_entries: 2 } } });
    const [first, second] = [await drill.ask({ input: 'One' }), await drill.ask({ input: 'Two' })];
    const third = await drill.ask({ input: 'Three', previous_response_id: second.id });
    await expect(drill.ask({ input: 'More', previous_response_id: first.id })).rejects.toMatchObject(notFound);
    // The conversation is whole although its beginning may go any time.
    await drill.client().responses.delete(second.id);
    await drill.ask({ input: 'More', previous_response_id: third.id });
    expect(drill.lastBody()['messages']).toHaveLength(5);
  });
});

describe('an upstream that speaks the Responses API itself', () => {
  it('is asked about its own ids as the caller wrote them', async () => {
    drill = await startResponsesDrill({ protocols: ['openai-responses'] });
    const first = await drill.ask({ input: 'One' });
    expect(first.id).not.toContain('_gw');
    await drill.ask({ input: 'Two', previous_response_id: first.id });
    expect(drill.lastBody()).toMatchObject({ input: 'Two', previous_response_id: first.id });
    await expect(drill.client().responses.retrieve(first.id)).rejects.toMatchObject({ status: 404 });
  });

  it.each(modes)('gets the whole conversation where it cannot know the id, %s', async (mode) => {
    drill = await startResponsesDrill({ protocols });
    const first = await drill.ask({ input: 'One', instructions: 'Be brief.' }, mode);
    const { upstream } = drill;
    const backends = [{ url: upstream.url, api_key: 'k', default_model: 'sim', protocols: ['openai-responses'] }];
    drill.gateway.gateway.reload(await drill.gateway.load({ backends }));
    const second = await drill.ask({ input: 'Two', previous_response_id: first.id, store: true }, mode);
    expect(drill.lastBody()).toMatchObject({
      store: true,
      input: [{ role: 'user', content: 'One' }, { role: 'assistant' }, { role: 'user', content: 'Two' }],
    });
    expect(drill.lastBody()).not.toHaveProperty('previous_response_id');
    expect(second.previous_response_id).toBe(first.id);
    // From here on the gateway keeps it, whoever answers, and gives it an id of its own.
    expect(second.id).toMatch(/^resp_gw/);
    expect((await drill.client().responses.retrieve(second.id)).output_text).toBe(second.output_text);
    await drill.ask({ input: 'Three', previous_response_id: second.id }, mode);
    expect(drill.lastBody()['input']).toMatchObject([{}, {}, {}, {}, { role: 'user', content: 'Three' }]);
  });

  it('is not asked about an id of the gateway’s that is gone', async () => {
    drill = await startResponsesDrill({ protocols: ['openai-responses'] });
    const asked = drill.ask({ input: 'Two', previous_response_id: 'resp_gw0123456789abcdef' });
    await expect(asked).rejects.toMatchObject(notFound);
    expect(drill.upstream.attemptCount).toBe(0);
  });
});

describe('what is told of a request', () => {
  it('is what the caller said, although it went out otherwise', async () => {
    drill = await startResponsesDrill({ protocols: ['anthropic-messages'] });
    const metadata = { ticket: '7' };
    const { data, response } = await drill
      .client()
      .responses.create({ model: 'm', input: 'Hello', store: true, metadata })
      .withResponse();
    expect(data).toMatchObject({ store: true, metadata });
    expect(response.headers.get('x-gateway-dropped') ?? '').not.toContain('store');
    expect(await drill.client().responses.retrieve(data.id)).toMatchObject({ metadata, output: data.output });
  });
});
