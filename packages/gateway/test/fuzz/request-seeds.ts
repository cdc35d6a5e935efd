import type { ProtocolName } from '../../src/canonical/protocol-name.ts';

/** Bodies that use as much of each wire as fits: what is damaged by the tests, and what begins a linear one. */

const schema = {
  type: 'object',
  properties: { city: { type: 'string' }, id: { type: 'integer' } },
  required: ['city'],
};
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const paper = 'JVBERi0xLjQKJSBubyBwYWdlcwo=';

const openaiChat = {
  model: 'm',
  stream: true,
  stream_options: { include_usage: true },
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'developer', content: [{ type: 'text', text: 'Metric units.' }] },
    {
      role: 'user',
      name: 'ann',
      content: [
        { type: 'text', text: 'What is this? 😀' },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${pixel}`, detail: 'low' } },
        { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
        { type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${paper}` } },
        { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
      ],
    },
    {
      role: 'assistant',
      content: 'I look.',
      reasoning_content: 'Hm.',
      tool_calls: [
        {
          id: 'call_1',
          type: 'function',
          function: { name: 'weather', arguments: '{"city":"Köln","id":12345678901234567890}' },
        },
        { id: 'call_2', type: 'custom', custom: { name: 'run', input: 'print(1)' } },
      ],
    },
    { role: 'tool', tool_call_id: 'call_1', content: '{"t":1.0}' },
    { role: 'tool', tool_call_id: 'call_2', content: [{ type: 'text', text: 'ok' }] },
    { role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
    { role: 'user', content: 'Go on.' },
  ],
  tools: [
    { type: 'function', function: { name: 'weather', description: 'Looks.', parameters: schema, strict: true } },
    { type: 'custom', custom: { name: 'run', format: { type: 'text' } } },
  ],
  tool_choice: { type: 'function', function: { name: 'weather' } },
  parallel_tool_calls: false,
  max_completion_tokens: 100,
  temperature: 0.5,
  top_p: 1.0,
  frequency_penalty: 0.1,
  presence_penalty: -0.1,
  stop: ['END'],
  seed: 7,
  n: 1,
  logprobs: true,
  top_logprobs: 2,
  logit_bias: { '50256': -100 },
  reasoning_effort: 'low',
  response_format: { type: 'json_schema', json_schema: { name: 'out', schema, strict: true } },
  verbosity: 'low',
  user: 'u-1',
  metadata: { a: 'b' },
  store: false,
  service_tier: 'auto',
  prediction: { type: 'content', content: 'x' },
};

const openaiResponses = {
  model: 'm',
  stream: true,
  instructions: 'Be brief.',
  input: [
    { role: 'developer', content: 'Metric units.' },
    {
      type: 'message',
      role: 'user',
      content: [
        { type: 'input_text', text: 'What is this?' },
        { type: 'input_image', image_url: `data:image/png;base64,${pixel}`, detail: 'auto' },
        { type: 'input_file', filename: 'a.pdf', file_data: `data:application/pdf;base64,${paper}` },
      ],
    },
    { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm.' }], encrypted_content: 'gAAA' },
    { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'weather', arguments: '{"city":"Köln"}' },
    { type: 'function_call_output', call_id: 'call_1', output: '{"t":1.0}' },
    { type: 'custom_tool_call', id: 'ctc_1', call_id: 'call_2', name: 'run', input: 'print(1)' },
    { type: 'custom_tool_call_output', call_id: 'call_2', output: [{ type: 'input_text', text: 'ok' }] },
    { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'It rains.', annotations: [] }] },
    { role: 'user', content: 'Go on.' },
  ],
  tools: [
    { type: 'function', name: 'weather', description: 'Looks.', parameters: schema, strict: true },
    { type: 'custom', name: 'run', format: { type: 'text' } },
    { type: 'web_search', search_context_size: 'low' },
  ],
  tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'weather' }] },
  parallel_tool_calls: true,
  max_output_tokens: 100,
  temperature: 0.5,
  top_p: 1,
  top_logprobs: 2,
  include: ['reasoning.encrypted_content', 'message.output_text.logprobs'],
  reasoning: { effort: 'low', summary: 'auto' },
  text: { format: { type: 'json_schema', name: 'out', schema, strict: true }, verbosity: 'low' },
  metadata: { a: 'b' },
  store: false,
  user: 'u-1',
  prompt_cache_key: 'k',
};

const anthropicMessages = {
  model: 'm',
  stream: true,
  max_tokens: 4096,
  system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral', ttl: '1h' } }],
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pixel } },
        {
          type: 'document',
          source: { type: 'text', media_type: 'text/plain', data: 'Plain.' },
          title: 'T',
          citations: { enabled: true },
        },
        { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: paper } },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Hm.', signature: 'Eqo=' },
        { type: 'redacted_thinking', data: 'Emw=' },
        { type: 'text', text: 'I look.' },
        { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Köln', id: 1 } },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'toolu_1', is_error: true, content: [{ type: 'text', text: 'No.' }] },
        { type: 'text', text: 'Go on.', cache_control: { type: 'ephemeral' } },
      ],
    },
  ],
  tools: [{ name: 'weather', description: 'Looks.', input_schema: schema, strict: true }],
  tool_choice: { type: 'tool', name: 'weather', disable_parallel_tool_use: true },
  thinking: { type: 'enabled', budget_tokens: 1024 },
  temperature: 1,
  top_k: 5,
  stop_sequences: ['END'],
  metadata: { user_id: 'u-1' },
  service_tier: 'auto',
  output_config: { effort: 'low', format: { type: 'json_schema', schema } },
};

const gemini = {
  systemInstruction: { parts: [{ text: 'Be brief.' }] },
  contents: [
    {
      role: 'user',
      parts: [
        { text: 'What is this?' },
        { inlineData: { mimeType: 'image/png', data: pixel } },
        { fileData: { fileUri: 'https://example.com/a.pdf', mimeType: 'application/pdf' } },
      ],
    },
    {
      role: 'model',
      parts: [
        { text: 'Hm.', thought: true },
        { text: 'I look.', thoughtSignature: 'Eqo=' },
        { functionCall: { id: 'c1', name: 'weather', args: { city: 'Köln', id: 1 } }, thoughtSignature: 'Emw=' },
      ],
    },
    { role: 'user', parts: [{ functionResponse: { id: 'c1', name: 'weather', response: { output: 'rain' } } }] },
  ],
  tools: [
    { functionDeclarations: [{ name: 'weather', description: 'Looks.', parametersJsonSchema: schema }] },
    { googleSearch: {} },
  ],
  toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['weather'] } },
  safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
  generationConfig: {
    maxOutputTokens: 100,
    temperature: 0.5,
    topP: 0.9,
    topK: 5,
    candidateCount: 1,
    stopSequences: ['END'],
    seed: 7,
    responseMimeType: 'application/json',
    responseJsonSchema: schema,
    thinkingConfig: { thinkingBudget: 1024, includeThoughts: true },
    responseLogprobs: true,
    logprobs: 2,
  },
};

const bedrockConverse = {
  system: [{ text: 'Be brief.' }, { cachePoint: { type: 'default' } }],
  messages: [
    {
      role: 'user',
      content: [
        { text: 'What is this?' },
        { image: { format: 'png', source: { bytes: pixel } } },
        { document: { format: 'pdf', name: 'a', source: { bytes: paper } } },
      ],
    },
    {
      role: 'assistant',
      content: [
        { reasoningContent: { reasoningText: { text: 'Hm.', signature: 'Eqo=' } } },
        { text: 'I look.' },
        { toolUse: { toolUseId: 'tooluse_1', name: 'weather', input: { city: 'Köln' } } },
      ],
    },
    {
      role: 'user',
      content: [
        { toolResult: { toolUseId: 'tooluse_1', status: 'error', content: [{ json: { t: 1 } }, { text: 'No.' }] } },
      ],
    },
  ],
  inferenceConfig: { maxTokens: 100, temperature: 0.5, topP: 0.9, stopSequences: ['END'] },
  toolConfig: {
    tools: [{ toolSpec: { name: 'weather', description: 'Looks.', inputSchema: { json: schema } } }],
    toolChoice: { tool: { name: 'weather' } },
  },
  additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1024 }, top_k: 5 },
  requestMetadata: { a: 'b' },
};

const cohereChat = {
  model: 'm',
  stream: true,
  messages: [
    { role: 'system', content: 'Be brief.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${pixel}` } },
      ],
    },
    {
      role: 'assistant',
      tool_plan: 'I look.',
      tool_calls: [{ id: 'weather_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Köln"}' } }],
    },
    {
      role: 'tool',
      tool_call_id: 'weather_1',
      content: [{ type: 'document', document: { id: '1', data: '{"t":1}' } }],
    },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Hm.' },
        { type: 'text', text: 'It rains.' },
      ],
    },
    { role: 'user', content: 'Go on.' },
  ],
  documents: ['Plain.', { id: 'd', data: { title: 'T', text: 'X' } }],
  tools: [{ type: 'function', function: { name: 'weather', description: 'Looks.', parameters: schema } }],
  tool_choice: 'REQUIRED',
  max_tokens: 100,
  temperature: 0.5,
  p: 0.9,
  k: 5,
  seed: 7,
  stop_sequences: ['END'],
  response_format: { type: 'json_object', json_schema: schema },
  thinking: { type: 'enabled', token_budget: 1024 },
  logprobs: true,
};

export const requestSeeds: Readonly<Record<ProtocolName, object>> = {
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  'anthropic-messages': anthropicMessages,
  gemini,
  'bedrock-converse': bedrockConverse,
  'cohere-chat': cohereChat,
};
