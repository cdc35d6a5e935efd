import { describe, expect, it } from 'vitest';
import type { ProtocolName } from '../canonical/protocol-name.ts';
import { protocolNames } from '../canonical/protocol-name.ts';
import { cross } from './crossings.fixture.ts';

const schema = { type: 'object', properties: { city: { type: 'string' } } };

/** A conversation of each wire with a member that nobody knows wherever one can stand, and where those are. */
const conversations: Readonly<Record<ProtocolName, { readonly body: object; readonly names: readonly string[] }>> = {
  'openai-chat': {
    body: {
      messages: [
        { role: 'user', zz1: 1, content: [{ type: 'text', text: 'Rain?', zz2: 1 }] },
        {
          role: 'assistant',
          zz3: 1,
          tool_calls: [{ id: 'a', type: 'function', zz4: 1, function: { name: 'rain', arguments: '{}', zz5: 1 } }],
        },
        { role: 'tool', tool_call_id: 'a', content: 'no', zz6: 1 },
      ],
      tools: [{ type: 'function', zz7: 1, function: { name: 'rain', parameters: schema, zz8: 1 } }],
    },
    names: [
      ...['messages[0].zz1', 'messages[0].content[0].zz2', 'messages[1].zz3', 'messages[1].tool_calls[0].zz4'],
      ...['messages[1].tool_calls[0].function.zz5', 'messages[2].zz6', 'tools[0].zz7', 'tools[0].function.zz8'],
    ],
  },
  'openai-responses': {
    body: {
      input: [
        { role: 'user', zz1: 1, content: [{ type: 'input_text', text: 'Rain?', zz2: 1 }] },
        { type: 'function_call', call_id: 'a', name: 'rain', arguments: '{}', zz3: 1 },
        { type: 'function_call_output', call_id: 'a', output: 'no', zz4: 1 },
      ],
      tools: [{ type: 'function', name: 'rain', parameters: schema, zz5: 1 }],
    },
    names: ['input[0].zz1', 'input[0].content[0].zz2', 'input[1].zz3', 'input[2].zz4', 'tools[0].zz5'],
  },
  'anthropic-messages': {
    body: {
      max_tokens: 100,
      messages: [
        { role: 'user', zz1: 1, content: [{ type: 'text', text: 'Rain?', zz2: 1 }] },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'rain', input: {}, zz3: 1 }] },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 'a', zz4: 1, content: [{ type: 'text', text: 'no', zz5: 1 }] }],
        },
      ],
      tools: [{ name: 'rain', input_schema: schema, zz6: 1 }],
      tool_choice: { type: 'auto', zz7: 1 },
    },
    names: [
      ...['messages[0].zz1', 'messages[0].content[0].zz2', 'messages[1].content[0].zz3', 'messages[2].content[0].zz4'],
      ...['messages[2].content[0].content[0].zz5', 'tools[0].zz6', 'tool_choice.zz7'],
    ],
  },
  gemini: {
    body: {
      contents: [
        { role: 'user', zz1: 1, parts: [{ text: 'Rain?', zz2: 1 }] },
        { role: 'model', parts: [{ functionCall: { name: 'rain', args: {}, zz3: 1 }, zz4: 1 }] },
        { role: 'user', parts: [{ functionResponse: { name: 'rain', response: { result: 'no' }, zz5: 1 } }] },
      ],
      tools: [{ functionDeclarations: [{ name: 'rain', parameters: schema, zz6: 1 }] }],
    },
    names: [
      ...['contents[0].zz1', 'contents[0].parts[0].zz2', 'contents[1].parts[0].functionCall.zz3'],
      ...['contents[1].parts[0].zz4', 'contents[2].parts[0].functionResponse.zz5'],
      'tools[0].functionDeclarations[0].zz6',
    ],
  },
  'bedrock-converse': {
    body: {
      messages: [
        { role: 'user', zz1: 1, content: [{ text: 'Rain?', zz2: 1 }] },
        { role: 'assistant', content: [{ toolUse: { toolUseId: 'a', name: 'rain', input: {}, zz3: 1 } }] },
        {
          role: 'user',
          content: [{ toolResult: { toolUseId: 'a', zz4: 1, content: [{ text: 'no', zz5: 1 }] } }],
        },
      ],
      toolConfig: { tools: [{ toolSpec: { name: 'rain', inputSchema: { json: schema }, zz6: 1 } }] },
    },
    names: [
      ...['messages[0].zz1', 'messages[0].content[0].zz2', 'messages[1].content[0].toolUse.zz3'],
      ...['messages[2].content[0].toolResult.zz4', 'messages[2].content[0].toolResult.content[0].zz5'],
      'toolConfig.tools[0].toolSpec.zz6',
    ],
  },
  'cohere-chat': {
    body: {
      messages: [
        { role: 'user', zz1: 1, content: [{ type: 'text', text: 'Rain?', zz2: 1 }] },
        {
          role: 'assistant',
          tool_calls: [{ id: 'a', type: 'function', zz3: 1, function: { name: 'rain', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'a', content: 'no', zz4: 1 },
      ],
      tools: [{ type: 'function', function: { name: 'rain', parameters: schema, zz5: 1 } }],
    },
    names: [
      ...['messages[0].zz1', 'messages[0].content[0].zz2', 'messages[1].tool_calls[0].zz3', 'messages[2].zz4'],
      'tools[0].function.zz5',
    ],
  },
};

const pairs = protocolNames.flatMap((from) =>
  protocolNames.filter((to) => to !== from).map((to): [ProtocolName, ProtocolName] => [from, to]),
);

describe('members that only the wire of the caller knows', () => {
  it.each(pairs)('are told of wherever they stand: %s to %s', async (from, to) => {
    const { body, names } = conversations[from];
    const { dropped, text } = await cross({ from, to, body });
    expect([...dropped].sort()).toEqual([...names].sort());
    expect(text).not.toContain('zz');
  });

  it.each(protocolNames)('reach upstreams of that wire, and nobody is told of them: %s', async (wire) => {
    const { body, names } = conversations[wire];
    const { dropped, text } = await cross({ from: wire, to: wire, body });
    expect(dropped).toEqual([]);
    for (const name of names) expect(text).toContain(`"${name.split('.').at(-1)}":1`);
  });

  it('are told of once for all entries of a list, and not where they say nothing', async () => {
    const odd = { annotations: [], audio: null, note: '', extra: {}, zz: 1 };
    const said = Array.from({ length: 20 }, (_, index) => ({ role: 'user', content: String(index), ...odd }));
    const { dropped } = await cross({ from: 'openai-chat', to: 'anthropic-messages', body: { messages: said } });
    expect(dropped).toEqual(['messages[0].zz']);
  });
});
