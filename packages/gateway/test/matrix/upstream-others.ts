import { expect } from 'vitest';
import { resultsById, type UpstreamWire } from './upstream-wire.ts';
import { at, type Json, list, parsed, text } from './wire-client.ts';

/** Anthropic's messages, as Anthropic reads them. */
export const anthropicMessagesUpstream: UpstreamWire = {
  wire: 'anthropic-messages',
  provider: 'anthropic',
  root: '',
  model: 'claude-sonnet-4-5',
  signs: true,
  hides: true,
  takesUnsignedThoughts: false,
  usage: { input_tokens: 60, cache_creation_input_tokens: 10, cache_read_input_tokens: 30, output_tokens: 50 },
  counts: { input: 100, output: 50, cached: 30, thought: undefined },
  read({ path, query, body: bytes, headers }) {
    expect({ path, query }).toEqual({ path: '/v1/messages', query: '' });
    expect(headers).toMatchObject({ 'anthropic-version': '2023-06-01', 'x-api-key': 'key-of-the-provider' });
    const body = parsed(bytes);
    for (const strange of ['contents', 'input', 'toolConfig', 'response_format'])
      expect(body).not.toHaveProperty(strange);
    const turns = list(body['messages']);
    // Whoever has two turns in a row is refused by some of its hosts.
    expect(turns.map(({ role }) => role)).toEqual(turns.map((_, index) => (index % 2 === 0 ? 'user' : 'assistant')));
    const blocks = turns.flatMap(({ content }) => blocksOf(content));
    const ofType = (type: string) => blocks.filter((block) => block['type'] === type);
    const results = ofType('tool_result');
    const resultOf = resultsById(results.map((block) => [block['tool_use_id'], wordsOf(block['content'])]));
    const users = turns.filter(({ role }) => role === 'user');
    return {
      model: text(body['model']),
      stream: body['stream'] === true,
      system: wordsOf(body['system']),
      texts: users.map(({ content }) => wordsOf(content)).filter(Boolean),
      images: ofType('image').map((block) => {
        const { media_type: type, data } = at(block, 'source');
        return `${type};base64,${data}`;
      }),
      tools: list(body['tools']).map(({ name, description, input_schema: schema }) => ({ name, description, schema })),
      calls: ofType('tool_use').map(({ id, name, input }) => ({ id, name, input, result: resultOf(id) })),
      maxTokens: body['max_tokens'],
      schema: at(body, 'output_config', 'format')['schema'],
      isToThink: at(body, 'thinking')['type'] === 'enabled',
      thoughts: ofType('thinking')
        .map((block) => text(block['thinking']))
        .join(''),
      signatures: ofType('thinking').map((block) => text(block['signature'])),
      hidden: ofType('redacted_thinking').map((block) => text(block['data'])),
    };
  },
};

/** Google's `generateContent`, as the Gemini API reads it. */
export const geminiUpstream: UpstreamWire = {
  wire: 'gemini',
  provider: 'gemini',
  root: '',
  model: 'gemini-2.5-pro',
  signs: true,
  hides: false,
  takesUnsignedThoughts: true,
  usage: {
    promptTokenCount: 100,
    candidatesTokenCount: 30,
    thoughtsTokenCount: 20,
    totalTokenCount: 150,
    cachedContentTokenCount: 30,
  },
  counts: { input: 100, output: 50, cached: 30, thought: 20 },
  read({ path, query, body: bytes, headers }) {
    const [, model = '', method] =
      /^\/v1beta\/models\/([^/:]+):(generateContent|streamGenerateContent)$/.exec(path) ?? [];
    expect({ path, method: method !== undefined }).toEqual({ path, method: true });
    const stream = method === 'streamGenerateContent';
    expect(query).toBe(stream ? 'alt=sse' : '');
    expect(headers['x-goog-api-key']).toBe('key-of-the-provider');
    const body = parsed(bytes);
    for (const strange of ['messages', 'input', 'system', 'max_tokens', 'model'])
      expect(body).not.toHaveProperty(strange);
    const turns = list(body['contents']);
    expect(turns.map(({ role }) => role)).toEqual(turns.map((_, index) => (index % 2 === 0 ? 'user' : 'model')));
    const parts = turns.flatMap((turn) => list(turn['parts']));
    const having = (name: string) => parts.filter((part) => part[name] !== undefined).map((part) => at(part, name));
    // Without ids, results belong to calls by their order.
    const responses = having('functionResponse').map((response, index) => ({ key: response['id'] ?? index, response }));
    const resultOf = resultsById(responses.map(({ key, response }) => [key, resultText(at(response, 'response'))]));
    const names = having('functionCall').map(({ name }) => name);
    expect(responses.map(({ response }) => response['name']).sort()).toEqual(
      responses.length > 0 ? [...names].sort() : [],
    );
    const config = at(body, 'generationConfig');
    const users = turns.filter(({ role }) => role === 'user');
    return {
      model: decodeURIComponent(model),
      stream,
      system: wordsOf(at(body, 'systemInstruction')['parts']),
      texts: users.map((turn) => wordsOf(turn['parts'])).filter(Boolean),
      images: having('inlineData').map(({ mimeType, data }) => `${mimeType};base64,${data}`),
      tools: list(body['tools'])
        .flatMap((tool) => list(tool['functionDeclarations']))
        .map(({ name, description, parametersJsonSchema: schema }) => ({ name, description, schema })),
      calls: having('functionCall').map(({ id, name, args }, index) => {
        return { id, name, input: args, result: resultOf(id ?? index) };
      }),
      maxTokens: config['maxOutputTokens'],
      schema: config['responseJsonSchema'],
      isToThink: at(config, 'thinkingConfig')['thinkingBudget'] !== undefined,
      thoughts: wordsOf(parts.filter(({ thought }) => thought === true)),
      signatures: parts.flatMap((part) => (part['thoughtSignature'] as string | undefined) ?? []),
      hidden: [],
    };
  },
};

/** Amazon Bedrock's Converse, as a model of Anthropic's there reads it. */
export const bedrockConverseUpstream: UpstreamWire = {
  wire: 'bedrock-converse',
  provider: 'bedrock',
  root: '',
  model: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
  signs: true,
  hides: true,
  takesUnsignedThoughts: false,
  usage: { inputTokens: 60, outputTokens: 50, totalTokens: 150, cacheReadInputTokens: 30, cacheWriteInputTokens: 10 },
  counts: { input: 100, output: 50, cached: 30, thought: undefined },
  read({ path, query, body: bytes }) {
    const [, model = '', method] = /^\/model\/([^/]+)\/(converse|converse-stream)$/.exec(path) ?? [];
    expect({ path, query, method: method !== undefined }).toEqual({ path, query: '', method: true });
    const body = parsed(bytes);
    for (const strange of ['contents', 'input', 'model', 'max_tokens', 'stream'])
      expect(body).not.toHaveProperty(strange);
    const turns = list(body['messages']);
    expect(turns.map(({ role }) => role)).toEqual(turns.map((_, index) => (index % 2 === 0 ? 'user' : 'assistant')));
    const blocks = turns.flatMap(({ content }) => list(content));
    const having = (name: string) =>
      blocks.filter((block) => block[name] !== undefined).map((block) => at(block, name));
    const results = having('toolResult');
    const resultOf = resultsById(results.map(({ toolUseId, content }) => [toolUseId, wordsOf(content)]));
    const reasoning = having('reasoningContent');
    const thoughts = reasoning.flatMap(({ reasoningText }): readonly Json[] =>
      reasoningText ? [reasoningText as Json] : [],
    );
    const schema = at(body, 'outputConfig', 'textFormat', 'structure', 'jsonSchema')['schema'];
    const users = turns.filter(({ role }) => role === 'user');
    return {
      model: decodeURIComponent(model),
      stream: method === 'converse-stream',
      system: wordsOf(body['system']),
      texts: users.map(({ content }) => wordsOf(content)).filter(Boolean),
      images: having('image').map((image) => `image/${image['format']};base64,${at(image, 'source')['bytes']}`),
      tools: list(at(body, 'toolConfig')['tools']).map((tool) => {
        const { name, description, inputSchema } = at(tool, 'toolSpec');
        return { name, description, schema: (inputSchema as Json)['json'] };
      }),
      calls: having('toolUse').map(({ toolUseId: id, name, input }) => ({ id, name, input, result: resultOf(id) })),
      maxTokens: at(body, 'inferenceConfig')['maxTokens'],
      schema: typeof schema === 'string' ? JSON.parse(schema) : schema,
      isToThink: at(body, 'additionalModelRequestFields', 'thinking')['type'] === 'enabled',
      thoughts: wordsOf(thoughts),
      signatures: thoughts.map(({ signature }) => text(signature)),
      hidden: reasoning.flatMap(({ redactedContent }) => (redactedContent as string | undefined) ?? []),
    };
  },
};

/** Cohere's chat, version 2. */
export const cohereChatUpstream: UpstreamWire = {
  wire: 'cohere-chat',
  provider: 'cohere',
  root: '',
  model: 'command-a-reasoning-08-2025',
  signs: false,
  hides: false,
  takesUnsignedThoughts: true,
  usage: {
    billed_units: { input_tokens: 100, output_tokens: 50 },
    tokens: { input_tokens: 100, output_tokens: 50, reasoning_tokens: 20 },
    cached_tokens: 30,
  },
  counts: { input: 100, output: 50, cached: 30, thought: 20 },
  read({ path, query, body: bytes }) {
    expect({ path, query }).toEqual({ path: '/v2/chat', query: '' });
    const body = parsed(bytes);
    for (const strange of ['contents', 'input', 'toolConfig', 'stream_options'])
      expect(body).not.toHaveProperty(strange);
    const messages = list(body['messages']);
    const ofRole = (role: string) => messages.filter((message) => message['role'] === role);
    const resultOf = resultsById(
      ofRole('tool').map((message) => [message['tool_call_id'], wordsOf(message['content'])]),
    );
    const contents = messages.flatMap(({ content }) => list(content));
    return {
      model: text(body['model']),
      stream: body['stream'] === true,
      system: ofRole('system')
        .map(({ content }) => wordsOf(content))
        .join('\n'),
      texts: ofRole('user').map(({ content }) => wordsOf(content)),
      images: contents.flatMap((part) => {
        const { url } = at(part, 'image_url');
        return typeof url === 'string' ? [url.replace(/^data:/, '')] : [];
      }),
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
      maxTokens: body['max_tokens'],
      schema: at(body, 'response_format')['json_schema'],
      isToThink: at(body, 'thinking')['type'] === 'enabled',
      thoughts: contents.map((part) => text(part['thinking'])).join(''),
      signatures: [],
      hidden: [],
    };
  },
};

/** Gemini's tools answer with objects. */
function resultText(response: Json): string {
  return text(response['result'] ?? response['output']);
}

function blocksOf(content: unknown): readonly Json[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : list(content);
}

/** The text of a string or of parts. */
function wordsOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return list(content)
    .map((part) => text(part['text']) || text(at(part, 'document')['data']))
    .join('');
}
