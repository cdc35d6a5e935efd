import type { ProtocolName } from '../canonical/protocol-name.ts';

const schema = { type: 'object', properties: { city: { type: 'string' } } };
const png = 'iVBORw0KGgo=';
const format = { type: 'json_schema', name: 'answer', schema, strict: true };

/** A conversation with everything in it that a wire has lists for, each entry in a form that its own upstream gets again. */
export const wholeRequests: Readonly<Record<ProtocolName, object>> = {
  'openai-chat': {
    model: 'm',
    messages: [
      { role: 'system', content: 'Be kind.' },
      {
        role: 'user',
        name: 'ann',
        content: [
          { type: 'text', text: 'Look:' },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${png}`, detail: 'low' } },
          { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
          { type: 'file', file: { file_id: 'file-1' } },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'I look.' },
          { type: 'refusal', refusal: 'No.' },
        ],
        tool_calls: [
          { id: 'c1', type: 'function', function: { name: 'look', arguments: '{}' } },
          { id: 'c2', type: 'custom', custom: { name: 'say', input: 'hi' } },
        ],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'rain' },
      { role: 'tool', tool_call_id: 'c2', content: [{ type: 'text', text: 'said' }] },
    ],
    tools: [
      { type: 'function', function: { name: 'look', description: 'Looks.', parameters: schema, strict: true } },
      { type: 'custom', custom: { name: 'say', description: 'Says.' } },
    ],
    tool_choice: {
      type: 'allowed_tools',
      allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'look' } }] },
    },
    response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } },
  },
  'openai-responses': {
    model: 'm',
    input: [
      { type: 'message', role: 'user', content: 'Hello.' },
      {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: 'Look:' },
          { type: 'input_image', image_url: `data:image/png;base64,${png}`, detail: 'low' },
          { type: 'input_file', file_id: 'file-1' },
        ],
      },
      { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'abc' },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'I look.' }] },
      { type: 'function_call', call_id: 'c1', name: 'look', arguments: '{}' },
      { type: 'custom_tool_call', call_id: 'c2', name: 'say', input: 'hi' },
      { type: 'message', role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
      { type: 'function_call_output', call_id: 'c1', output: 'rain' },
      { type: 'custom_tool_call_output', call_id: 'c2', output: [{ type: 'input_text', text: 'said' }] },
    ],
    tools: [
      { type: 'function', name: 'look', description: 'Looks.', parameters: schema, strict: true },
      { type: 'custom', name: 'say', description: 'Says.' },
    ],
    tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'look' }] },
    reasoning: { effort: 'low' },
    text: { format },
  },
  'anthropic-messages': {
    model: 'm',
    max_tokens: 4000,
    system: [{ type: 'text', text: 'Be kind.', cache_control: { type: 'ephemeral' } }],
    messages: [
      { role: 'user', content: 'Hello.' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm.', signature: 'sig' },
          { type: 'redacted_thinking', data: 'abc' },
          { type: 'text', text: 'I look.' },
          { type: 'tool_use', id: 't1', name: 'look', input: { city: 'Ulm' } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'rain' }], is_error: true },
          { type: 'text', text: 'Look:' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
          {
            type: 'document',
            title: 'D',
            source: { type: 'text', media_type: 'text/plain', data: 'words' },
            citations: { enabled: true },
          },
        ],
      },
    ],
    tools: [{ name: 'look', description: 'Looks.', input_schema: schema, cache_control: { type: 'ephemeral' } }],
    tool_choice: { type: 'tool', name: 'look', disable_parallel_tool_use: true },
    output_config: { effort: 'low', format: { type: 'json_schema', schema } },
    metadata: { user_id: 'ann' },
  },
  gemini: {
    systemInstruction: { parts: [{ text: 'Be kind.' }] },
    contents: [
      {
        role: 'user',
        parts: [{ text: 'Look:' }, { inlineData: { mimeType: 'image/png', data: png } }],
      },
      {
        role: 'model',
        parts: [
          { text: 'Hm.', thought: true },
          { text: 'I look.', thoughtSignature: 'c2ln' },
          { functionCall: { id: 'c1', name: 'look', args: { city: 'Ulm' } }, thoughtSignature: 'c2ln' },
        ],
      },
      {
        role: 'user',
        parts: [
          {
            functionResponse: {
              id: 'c1',
              name: 'look',
              response: { result: 'rain' },
              parts: [{ inlineData: { mimeType: 'image/png', data: png } }],
            },
          },
          { fileData: { mimeType: 'video/mp4', fileUri: 'gs://bucket/film.mp4' } },
        ],
      },
    ],
    tools: [{ functionDeclarations: [{ name: 'look', description: 'Looks.', parametersJsonSchema: schema }] }],
    toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['look'] } },
    generationConfig: { temperature: 0.5, thinkingConfig: { includeThoughts: true } },
  },
  'bedrock-converse': {
    system: [{ text: 'Be kind.' }],
    messages: [
      {
        role: 'user',
        content: [
          { text: 'Look:' },
          { image: { format: 'png', source: { bytes: png } } },
          { document: { format: 'txt', name: 'd', source: { text: 'words' } } },
        ],
      },
      {
        role: 'assistant',
        content: [
          { reasoningContent: { reasoningText: { text: 'Hm.', signature: 'sig' } } },
          { text: 'I look.' },
          { toolUse: { toolUseId: 't1', name: 'look', input: { city: 'Ulm' } } },
        ],
      },
      {
        role: 'user',
        content: [{ toolResult: { toolUseId: 't1', content: [{ text: 'rain' }], status: 'error' } }, { text: 'And?' }],
      },
    ],
    toolConfig: {
      tools: [{ toolSpec: { name: 'look', description: 'Looks.', inputSchema: { json: schema } } }],
      toolChoice: { tool: { name: 'look' } },
    },
    inferenceConfig: { maxTokens: 100 },
  },
  'cohere-chat': {
    model: 'm',
    messages: [
      { role: 'system', content: 'Be kind.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look:' },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${png}`, detail: 'low' } },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm.' },
          { type: 'text', text: 'I look.' },
        ],
        tool_plan: 'Look.',
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'look', arguments: '{}' } }],
      },
      {
        role: 'tool',
        tool_call_id: 'c1',
        content: [{ type: 'document', document: { id: 'd1', data: { text: 'rain' } } }],
      },
    ],
    documents: [{ id: 'd2', data: { text: 'words' } }],
    tools: [{ type: 'function', function: { name: 'look', description: 'Looks.', parameters: schema } }],
    response_format: { type: 'text' },
  },
};
