import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../canonical/gateway-error.ts';
import { isJson } from '../../canonical/is-json.fixture.ts';
import { bodyOf, decodeRequest, encodeRequest } from './messages.fixture.ts';

const request = JSON.stringify({
  model: 'claude-sonnet-4-5',
  max_tokens: 100,
  system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral', ttl: '1h' } }],
  messages: [
    { role: 'user', content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } }] },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Hm.', signature: 'Eq' },
        { type: 'text', text: 'Yes', citations: [{ type: 'char_location', cited_text: 'a', document_index: 0 }] },
        { type: 'tool_use', id: 't1', name: 'f', input: { a: 1 } },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 't1', is_error: true, content: [{ type: 'text', text: 'no' }] },
        {
          type: 'document',
          source: { type: 'text', media_type: 'text/plain', data: 'A' },
          citations: { enabled: true },
        },
        { type: 'search_result', source: 's', title: 't', content: [{ type: 'text', text: 'A' }] },
      ],
    },
  ],
  tools: [
    { name: 'f', description: 'F.', input_schema: { type: 'object' }, strict: true },
    { type: 'bash_20250124', name: 'bash' },
  ],
  tool_choice: { type: 'tool', name: 'f', disable_parallel_tool_use: true },
  thinking: { type: 'enabled', budget_tokens: 2000, display: 'omitted' },
  output_config: { effort: 'low', format: { type: 'json_schema', schema: { type: 'object' } } },
  metadata: { user_id: 'u' },
  stop_sequences: ['x'],
});

const values = /(?<=:)("(?:[^"\\]|\\.)*"|\d+|true|\[|\{)/g;
const places = [...request.matchAll(values)].length;

describe('requests that were damaged', () => {
  it('throw nothing but an error that tells the caller', () => {
    fc.assert(
      fc.property(fc.nat(places - 1), fc.jsonValue(), (place, value) => {
        expectGatewayErrorOnly(damaged(place, JSON.stringify(value)));
      }),
      { numRuns: 1000 },
    );
  });
});

/** The request with another value in the place of the n-th one. */
function damaged(place: number, value: string): string {
  let count = 0;
  const text = request.replaceAll(values, (found) => (count++ === place ? `${value},"was":${found}` : found));
  return isJson(text) ? text : request;
}

function expectGatewayErrorOnly(text: string): void {
  try {
    encodeRequest({ ...decodeRequest(bodyOf(text)), origin: 'openai-chat' });
  } catch (error) {
    expect(error).toBeInstanceOf(GatewayError);
    expect(error).toMatchObject({ kind: 'invalid_request' });
  }
}
