import { describe, expect, it } from 'vitest';
import { type ProtocolName, protocolNames } from '../canonical/protocol-name.ts';
import { type Crossing, cross } from './crossings.fixture.ts';

const question = [{ role: 'user', content: 'Why?' }];
const others = (wire: ProtocolName) => protocolNames.filter((name) => name !== wire);

function refusal(param: string) {
  return expect.objectContaining({ kind: 'invalid_request', param });
}

describe('bounds of a schema that are written with a point', () => {
  const schema = '{"type":"object","properties":{"share":{"type":"number","minimum":0.0,"multipleOf":0.10}}}';
  const format = `{"type":"json_schema","json_schema":{"name":"a","strict":true,"schema":${schema}}}`;
  const body = `{"messages":[{"role":"user","content":"Why?"}],"response_format":${format}}`;

  it.each(['anthropic-messages', 'bedrock-converse'] as const)('are told in words, as others are: %s', async (to) => {
    const { text } = await cross({ from: 'openai-chat', to, body });
    expect(text.replaceAll('\\', '')).toContain('"description":"{"minimum":0.0,"multipleOf":0.10}"');
    expect(text.replaceAll('\\', '')).not.toContain('"type":"number","minimum"');
  });
});

describe('arguments of a call that are a number', () => {
  it.each(['anthropic-messages', 'gemini', 'bedrock-converse'] as const)('are no object of %s', async (to) => {
    const calls = [{ id: 'c', type: 'function', function: { name: 'f', arguments: '1.0' } }];
    const result = { role: 'tool', tool_call_id: 'c', content: 'x' };
    const messages = [...question, { role: 'assistant', tool_calls: calls }, result];
    const { text } = await cross({ from: 'openai-chat', to, body: { messages } });
    expect(text).toContain('{"unreadable_arguments":"1.0"}');
  });
});

describe('a picture in the words of the developer', () => {
  const image_url = 'data:image/png;base64,AAAA';
  const look = [
    { type: 'input_text', text: 'Look.' },
    { type: 'input_image', image_url },
  ];
  const input = [{ role: 'developer', content: look }, ...question];

  it.each(['anthropic-messages', 'gemini', 'bedrock-converse'] as const)('is not lost on %s', async (to) => {
    await expect(cross({ from: 'openai-responses', to, body: { input } })).rejects.toThrow(
      refusal('input[0].content[1]'),
    );
  });
});

describe('how closely a picture is to be looked at', () => {
  const inlineData = { mimeType: 'image/png', data: 'AAAA' };
  const asked = (mediaResolution: string): Crossing['body'] => {
    return { contents: [{ parts: [{ inlineData }] }], generationConfig: { mediaResolution } };
  };

  it.each([
    ['MEDIA_RESOLUTION_MEDIUM', 'openai-chat', 'auto'],
    ['MEDIA_RESOLUTION_MEDIUM', 'openai-responses', 'auto'],
    ['MEDIA_RESOLUTION_MEDIUM', 'cohere-chat', 'auto'],
    ['MEDIA_RESOLUTION_ULTRA_HIGH', 'openai-chat', 'high'],
    ['MEDIA_RESOLUTION_ULTRA_HIGH', 'openai-responses', 'original'],
    ['MEDIA_RESOLUTION_LOW', 'openai-chat', 'low'],
  ] as const)('%s is said to %s in its words: %s', async (resolution, to, detail) => {
    const { text } = await cross({ from: 'gemini', to, body: asked(resolution) });
    expect(text).toContain(`"detail":"${detail}"`);
  });

  it('is said to those that know fewer steps by the nearest', async () => {
    const content = [{ type: 'input_image', image_url: 'data:image/png;base64,AAAA', detail: 'original' }];
    const body = { input: [{ role: 'user', content }] };
    const { text } = await cross({ from: 'openai-responses', to: 'openai-chat', body });
    expect(text).toContain('"detail":"high"');
  });
});

describe('what Gemini’s callers say of a medium', () => {
  const asked = (mimeType: string, more: object): Crossing['body'] => {
    return { contents: [{ parts: [{ inlineData: { mimeType, data: 'AAAA' }, ...more }] }] };
  };

  it('was lost without a word: the scene of a film', async () => {
    const body = asked('video/mp4', { videoMetadata: { startOffset: '5s' } });
    const crossing = { from: 'gemini', to: 'bedrock-converse', body } as const;
    await expect(cross(crossing)).rejects.toThrow('contents[0].parts[0].videoMetadata');
  });

  it('was lost without a word: how closely it is to be looked at', async () => {
    const body = asked('image/png', { mediaResolution: { level: 'MEDIA_RESOLUTION_HIGH' } });
    const { dropped } = await cross({ from: 'gemini', to: 'openai-chat', body });
    expect(dropped).toEqual(['contents[0].parts[0].mediaResolution']);
  });
});

describe('a tool that the provider runs and that must be called', () => {
  const f = { type: 'function', name: 'f', parameters: { type: 'object' } };
  const tools = [{ type: 'web_search' }, f];
  const allowed = (mode: string, ...names: readonly object[]) => ({ type: 'allowed_tools', mode, tools: names });

  it.each([
    { tools, tool_choice: { type: 'web_search' } },
    { tools: [{ type: 'web_search' }], tool_choice: 'required' },
    { tools, tool_choice: allowed('required', { type: 'web_search' }) },
  ])('is refused where the provider is another: %j', async (members) => {
    for (const to of others('openai-responses')) {
      const asked = cross({ from: 'openai-responses', to, body: { input: 'Why?', ...members } });
      await expect(asked).rejects.toThrow(refusal('tool_choice'));
    }
  });

  it('is left out of those that may be called', async () => {
    const tool_choice = allowed('required', { type: 'web_search' }, { type: 'function', name: 'f' });
    const body = { input: 'Why?', tools, tool_choice };
    const { sent, dropped } = await cross({ from: 'openai-responses', to: 'openai-chat', body });
    const named = { mode: 'required', tools: [{ type: 'function', function: { name: 'f' } }] };
    expect(sent['tool_choice']).toEqual({ type: 'allowed_tools', allowed_tools: named });
    expect(dropped).toEqual(['tools.web_search']);
  });

  it('leaves none to be called where it was the only one', async () => {
    const body = { input: 'Why?', tools, tool_choice: allowed('auto', { type: 'web_search' }) };
    const { sent } = await cross({ from: 'openai-responses', to: 'openai-chat', body });
    expect(sent['tool_choice']).toBe('none');
  });
});

describe('a failed tool that said nothing', () => {
  const messages = [
    ...question,
    { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', is_error: true }] },
  ];

  it.each(others('anthropic-messages'))('has failed on %s too', async (to) => {
    const { text } = await cross({ from: 'anthropic-messages', to, body: { max_tokens: 9, messages } });
    expect(text).toMatch(/error/i);
  });
});

describe('functions of the first kind', () => {
  const body = { messages: question, functions: [{ name: 'f' }] };

  it('are called one at a time, as their caller knows no more', async () => {
    const asked = (to: ProtocolName) => cross({ from: 'openai-chat', to, body });
    expect((await asked('openai-responses')).sent).toMatchObject({ parallel_tool_calls: false });
    const choice = { type: 'auto', disable_parallel_tool_use: true };
    expect((await asked('anthropic-messages')).sent).toMatchObject({ tool_choice: choice });
    // Nobody asked for it in words.
    expect((await asked('gemini')).dropped).toEqual([]);
  });
});

describe('what a model takes not, though its wire has a word for it', () => {
  const f = { type: 'function', function: { name: 'f', strict: true, parameters: { type: 'object' } } };
  const g = { type: 'function', function: { name: 'g', parameters: { type: 'object' } } };
  const sampling = { temperature: 0.7, top_p: 0.9, top_k: 5 };

  it.each([
    ['anthropic-messages', 'claude-opus-4-7', sampling, ['temperature', 'top_p', 'top_k']],
    ['anthropic-messages', 'claude-sonnet-4-5', sampling, ['top_p']],
    ['anthropic-messages', 'claude-sonnet-4-5', { temperature: 1, top_k: 5, service_tier: 'auto' }, []],
    [
      'anthropic-messages',
      'claude-sonnet-4-5',
      { service_tier: 'flex', user: 'u'.repeat(300) },
      ['service_tier', 'user'],
    ],
    [
      'anthropic-messages',
      'claude-sonnet-4-5',
      { reasoning_effort: 'high', tools: [g], tool_choice: 'required' },
      ['reasoning_effort'],
    ],
    ['anthropic-messages', 'claude-sonnet-4-5', { reasoning_effort: 'none' }, []],
    ['bedrock-converse', 'anthropic.claude-opus-4-7-v1:0', sampling, ['temperature', 'top_p', 'top_k']],
    ['bedrock-converse', 'meta.llama3-70b-instruct-v1:0', sampling, ['top_k']],
    ['bedrock-converse', 'meta.llama3-70b-instruct-v1:0', { reasoning_effort: 'high' }, ['reasoning_effort']],
    ['bedrock-converse', 'amazon.nova-pro-v1:0', { tools: [f] }, ['tools[].function.strict']],
    ['bedrock-converse', 'amazon.nova-pro-v1:0', { top_k: 5, service_tier: 'auto' }, []],
    ['cohere-chat', 'command-a-03-2025', { tools: [f, g] }, ['tools[].function.strict']],
    ['cohere-chat', 'command-a-03-2025', { tools: [f] }, []],
  ] as const)('is told as dropped: %s %s %j', async (to, model, members, names) => {
    const { dropped } = await cross({ from: 'openai-chat', to, body: { messages: question, ...members }, model });
    expect(dropped).toEqual(names);
  });
});

describe('a mark for the prompt cache in the words of OpenAI', () => {
  const prompt_cache_breakpoint = { mode: 'explicit' };
  const url = 'data:image/png;base64,AAAA';
  const marked = { cache_control: { type: 'ephemeral' } };

  it('is one of its first wire', async () => {
    const content = [
      { type: 'text', text: 'Long.', prompt_cache_breakpoint },
      { type: 'image_url', image_url: { url }, prompt_cache_breakpoint },
    ];
    const body = { messages: [{ role: 'user', content }] };
    const { sent } = await cross({ from: 'openai-chat', to: 'anthropic-messages', body });
    expect(sent).toMatchObject({ messages: [{ content: [marked, marked] }] });
    const { dropped } = await cross({ from: 'openai-chat', to: 'gemini', body });
    expect(dropped).toEqual(['cache_control']);
  });

  it('is one of its other wire', async () => {
    const content = [
      { type: 'input_text', text: 'Long.', prompt_cache_breakpoint },
      { type: 'input_image', image_url: url, prompt_cache_breakpoint },
      { type: 'input_file', file_data: 'data:application/pdf;base64,AAAA', filename: 'a.pdf', prompt_cache_breakpoint },
    ];
    const body = { input: [{ role: 'user', content }] };
    const { sent } = await cross({ from: 'openai-responses', to: 'anthropic-messages', body });
    expect(sent).toMatchObject({ messages: [{ content: [marked, marked, marked] }] });
  });
});

describe("Cohere's word for safety", () => {
  it('is none of the settings of Gemini', async () => {
    const body = { messages: question, safety_mode: 'STRICT', documents: ['One.'] };
    const { sent, dropped } = await cross({ from: 'cohere-chat', to: 'gemini', body });
    expect(sent).not.toHaveProperty('safetySettings');
    // The documents are there, but nobody will cite them.
    expect(dropped).toEqual(['citation_options', 'safety_mode']);
  });
});

describe('a schema with a property that may be left out', () => {
  const open = { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } }, required: ['a'] };
  const loose = { ...open, additionalProperties: false };
  const exact = { ...loose, required: ['a', 'b'] };
  const asked = (schema: object): object => ({
    max_tokens: 99,
    messages: question,
    output_config: { format: { type: 'json_schema', schema } },
    tools: [{ name: 'f', strict: true, input_schema: schema }],
  });

  it.each(['openai-chat', 'openai-responses'] as const)('is none that can be strict on %s', async (to) => {
    const from = 'anthropic-messages';
    const wide = await cross({ from, to, body: asked(loose) });
    expect(wide.text).not.toContain('"strict":true');
    expect(wide.dropped).toEqual(['tools.strict']);
    for (const schema of [
      exact,
      { ...exact, properties: { a: { enum: ['x'] }, b: { type: 'array', items: exact } } },
    ]) {
      const narrow = await cross({ from, to, body: asked(schema) });
      expect(narrow.text.match(/"strict":true/g)).toHaveLength(2);
      expect(narrow.dropped).toEqual([]);
    }
    const nested = { ...exact, properties: { a: { anyOf: [loose, { type: 'null' }] }, b: {} } };
    expect((await cross({ from, to, body: asked(nested) })).text).not.toContain('"strict":true');
  });

  it('is left to those who ask in words of OpenAI', async () => {
    const format = { type: 'json_schema', json_schema: { name: 'n', strict: true, schema: loose } };
    const body = { messages: question, response_format: format };
    const { text } = await cross({ from: 'openai-chat', to: 'openai-responses', body });
    expect(text).toContain('"strict":true');
  });
});

describe('a budget of thought', () => {
  it.each([
    [1_024, 'low'],
    [8_000, 'medium'],
    [32_000, 'high'],
  ])('of %i tokens is an effort that all models of OpenAI know: %s', async (budget_tokens, effort) => {
    const thinking = { type: 'enabled', budget_tokens };
    const body = { max_tokens: 64_000, messages: question, thinking };
    const [chat, responses] = await Promise.all(
      (['openai-chat', 'openai-responses'] as const).map((to) => cross({ from: 'anthropic-messages', to, body })),
    );
    expect(chat!.sent).toMatchObject({ reasoning_effort: effort });
    expect(responses!.sent).toMatchObject({ reasoning: { effort } });
  });
});

describe('a document without a name', () => {
  it.each([
    ['text/html', 'document.html'],
    ['text/plain; charset=utf-8', 'document.txt'],
    ['application/pdf', 'document.pdf'],
    ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'document.docx'],
    ['application/x-odd+type', 'document.bin'],
  ])('gets one that tells what it is, as OpenAI goes by that: %s', async (mimeType, name) => {
    const body = { contents: [{ parts: [{ inlineData: { mimeType, data: 'AAAA' } }] }] };
    for (const to of ['openai-chat', 'openai-responses'] as const) {
      expect((await cross({ from: 'gemini', to, body })).text).toContain(`"filename":"${name}"`);
    }
  });
});
