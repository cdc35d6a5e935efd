import { afterEach, describe, expect, it } from 'vitest';
import { clientOf, type ResponsesDrill, startResponsesDrill } from './responses-drill.ts';

let drill: ResponsesDrill;
afterEach(() => drill.stop());

interface Count {
  readonly object: string;
  readonly input_tokens: number;
}

const count = (body: object, client = drill.client()): Promise<Count> =>
  client.post('/responses/input_tokens', { body: { model: 'm', ...body } });

/** A conversation that the gateway keeps; the id of its answer. */
async function begin(protocol: string): Promise<string> {
  drill = await startResponsesDrill({ protocols: [protocol] });
  drill.upstream.behave({ kind: 'answer', text: 'Hello Ada!' });
  return (await drill.ask({ input: 'I am Ada.' })).id;
}

/** The same gateway in front of a target of another wire. */
async function moveTo(protocol: string): Promise<void> {
  const backends = [{ url: drill.upstream.url, api_key: 'k', default_model: 'sim', protocols: [protocol] }];
  drill.gateway.gateway.reload(await drill.gateway.load({ backends }));
}

describe('a count of what goes on from a kept answer', () => {
  it('was one without it, over another wire', async () => {
    const previous_response_id = await begin('anthropic-messages');
    expect(await count({ input: 'Who am I?', previous_response_id })).toMatchObject({
      object: 'response.input_tokens',
    });
    expect(drill.upstream.attempts.at(-1)!.path).toContain('count_tokens');
    const { messages } = drill.lastBody() as { messages: { role: string }[] };
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(JSON.stringify(messages)).toContain('I am Ada.');
  });

  it('went with an id that the target cannot know, over its own', async () => {
    const previous_response_id = await begin('openai-chat');
    await moveTo('openai-responses');
    await count({ input: 'Who am I?', previous_response_id, truncation: 'auto' });
    expect(drill.upstream.attempts.at(-1)!.path).toBe('/v1/responses/input_tokens');
    const { input, ...others } = drill.lastBody();
    expect((input as { role: string }[]).map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(others).toEqual({ model: 'm', truncation: 'auto' });
  });

  it('was an estimate without it, where no wire counts', async () => {
    const previous_response_id = await begin('openai-chat');
    const alone = await count({ input: 'Who am I?' });
    const whole = await count({ input: 'Who am I?', previous_response_id });
    expect(whole.input_tokens).toBeGreaterThan(alone.input_tokens + 3);
    expect(drill.upstream.attemptCount).toBe(1);
  });

  it.each(['anthropic-messages', 'openai-chat', 'openai-responses'])(
    'is refused where it is nobody’s, or another key’s: %s',
    async (protocol) => {
      const previous_response_id = await begin('openai-chat');
      await moveTo(protocol);
      const refusal = { status: 400, code: 'previous_response_not_found', param: 'previous_response_id' };
      const another = clientOf(drill.gateway.url, 'key-of-bob');
      await expect(count({ input: 'Who am I?', previous_response_id }, another)).rejects.toMatchObject(refusal);
      const unknown = { input: 'Who am I?', previous_response_id: 'resp_gwnone' };
      await expect(count(unknown)).rejects.toMatchObject(refusal);
      expect(drill.upstream.attemptCount).toBe(1);
    },
  );
});

describe('a count of what lies with the target', () => {
  it('was an estimate without it, where no wire counts', async () => {
    drill = await startResponsesDrill({ protocols: ['openai-chat'] });
    const refusal = { status: 400, param: 'conversation' };
    await expect(count({ input: 'Who?', conversation: 'conv_1' })).rejects.toMatchObject(refusal);
    expect(drill.upstream.attemptCount).toBe(0);
  });

  it('goes there as it is', async () => {
    drill = await startResponsesDrill({ protocols: ['openai-responses'] });
    await count({ input: 'Who am I?', previous_response_id: 'resp_theirs' });
    expect(drill.lastBody()).toMatchObject({ input: 'Who am I?', previous_response_id: 'resp_theirs' });
  });

  it.each([{ previous_response_id: 'resp_theirs' }, { conversation: 'conv_1' }])(
    'was estimated without that, where the target counts none: %j',
    async (reference) => {
      drill = await startResponsesDrill({ protocols: ['openai-responses'] });
      const noPath = { error: { message: 'Invalid URL (POST /v1/responses/input_tokens)', code: null } };
      drill.upstream.behave({ kind: 'status', status: 404, body: noPath });
      await expect(count({ input: 'Who?', ...reference })).rejects.toMatchObject({ status: 404 });
    },
  );
});
