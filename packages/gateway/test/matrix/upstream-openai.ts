import { expect } from 'vitest';
import { resultsById, type Seen, type UpstreamWire } from './upstream-wire.ts';
import { at, type Json, list, parsed, text } from './wire-client.ts';

/** OpenAI's chat completions, as OpenAI reads them. */
export const openaiChatUpstream: UpstreamWire = {
  wire: 'openai-chat',
  provider: 'openai',
  root: '/v1',
  model: 'gpt-5',
  signs: false,
  hides: false,
  takesUnsignedThoughts: false,
  usage: {
    prompt_tokens: 100,
    completion_tokens: 50,
    total_tokens: 150,
    prompt_tokens_details: { cached_tokens: 30 },
    completion_tokens_details: { reasoning_tokens: 20 },
  },
  counts: { input: 100, output: 50, cached: 30, thought: 20 },
  read({ path, query, body: bytes }) {
    expect({ path, query }).toEqual({ path: '/v1/chat/completions', query: '' });
    const body = parsed(bytes);
    for (const strange of ['contents', 'input', 'toolConfig', 'system']) expect(body).not.toHaveProperty(strange);
    const messages = list(body['messages']);
    const ofRole = (role: string) => messages.filter((message) => message['role'] === role);
    const resultOf = resultsById(ofRole('tool').map((message) => [message['tool_call_id'], text(message['content'])]));
    if (body['stream'] === true) expect(body['stream_options']).toEqual({ include_usage: true });
    return {
      ...commonOf(body),
      system: [...ofRole('system'), ...ofRole('developer')].map(({ content }) => wordsOf(content)).join('\n'),
      texts: ofRole('user').map(({ content }) => wordsOf(content)),
      images: messages.flatMap(({ content }) => list(content)).flatMap((part) => dataOf(at(part, 'image_url')['url'])),
      tools: list(body['tools']).map((tool) => {
        const { name, description, parameters: schema } = at(tool, 'function');
        return { name, description, schema };
      }),
      calls: messages
        .flatMap((message) => list(message['tool_calls']))
        .map((call) => {
          const { name, arguments: input } = at(call, 'function');
          return { id: call['id'], name, input: JSON.parse(text(input)), result: resultOf(call['id']) };
        }),
      maxTokens: body['max_completion_tokens'],
      schema: at(body, 'response_format', 'json_schema')['schema'],
      isToThink: body['reasoning_effort'] !== undefined,
      thoughts: messages.map((message) => text(message['reasoning_content'])).join(''),
      signatures: messages.flatMap((message) =>
        list(message['reasoning_details']).map((detail) => text(detail['signature'])),
      ),
      hidden: [],
    };
  },
};

/** OpenAI's responses. */
export const openaiResponsesUpstream: UpstreamWire = {
  wire: 'openai-responses',
  provider: 'openai',
  root: '/v1',
  model: 'gpt-5',
  signs: true,
  hides: false,
  takesUnsignedThoughts: false,
  usage: {
    input_tokens: 100,
    input_tokens_details: { cached_tokens: 30 },
    output_tokens: 50,
    output_tokens_details: { reasoning_tokens: 20 },
    total_tokens: 150,
  },
  counts: { input: 100, output: 50, cached: 30, thought: 20 },
  read({ path, query, body: bytes }) {
    expect({ path, query }).toEqual({ path: '/v1/responses', query: '' });
    const body = parsed(bytes);
    for (const strange of ['contents', 'messages', 'toolConfig', 'max_tokens'])
      expect(body).not.toHaveProperty(strange);
    const items = list(body['input']);
    const ofType = (type: string) => items.filter((item) => item['type'] === type);
    const ofRole = (...roles: readonly string[]) => items.filter(({ role }) => roles.includes(text(role)));
    const outputs = ofType('function_call_output');
    const resultOf = resultsById(outputs.map((item) => [item['call_id'], wordsOf(item['output'])]));
    return {
      ...commonOf(body),
      system: [text(body['instructions']), ...ofRole('system', 'developer').map(({ content }) => wordsOf(content))]
        .filter(Boolean)
        .join('\n'),
      texts: ofRole('user').map(({ content }) => wordsOf(content)),
      images: items.flatMap(({ content }) => list(content)).flatMap((part) => dataOf(part['image_url'])),
      tools: list(body['tools']).map(({ name, description, parameters: schema }) => ({ name, description, schema })),
      calls: ofType('function_call').map(({ call_id: id, name, arguments: input }) => {
        return { id, name, input: JSON.parse(text(input)), result: resultOf(id) };
      }),
      maxTokens: body['max_output_tokens'],
      schema: at(body, 'text', 'format')['schema'],
      isToThink: body['reasoning'] !== undefined,
      thoughts: ofType('reasoning')
        .flatMap(({ summary }) => list(summary).map((part) => text(part['text'])))
        .join(''),
      signatures: ofType('reasoning').flatMap((item) => (item['encrypted_content'] as string | undefined) ?? []),
      hidden: [],
    };
  },
};

/** What both have in common. */
function commonOf({ model, stream }: Json): Pick<Seen, 'model' | 'stream'> {
  return { model: text(model), stream: stream === true };
}

function wordsOf(content: unknown): string {
  return typeof content === 'string'
    ? content
    : list(content)
        .map((part) => text(part['text']))
        .join('');
}

function dataOf(url: unknown): readonly string[] {
  return typeof url === 'string' ? [url.replace(/^data:/, '')] : [];
}
