import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../canonical/gateway-error.ts';
import { bodyOf, decodeAnswer, encodeAnswer } from './messages.fixture.ts';
import anthropic from './protocol.ts';
import { search, toolUse } from './stream.fixture.ts';

describe('whole answers', () => {
  it('are read', () => {
    expect(decodeAnswer(toolUse.whole)).toEqual({
      id: 'msg_01',
      model: 'claude-sonnet-4-5-20250929',
      created: undefined,
      serviceTier: 'default',
      usage: { input: 442, output: 89, cachedInput: 400, cacheWriteInput: 30, cacheWriteHourInput: 10, reasoning: 40 },
      choices: [
        {
          index: 0,
          parts: [
            {
              type: 'reasoning',
              text: 'They ask for the weather. 🌦',
              signature: { origin: 'anthropic-messages', value: 'EqQBCkYIARgC+/==' },
            },
            { type: 'text', text: 'Einen Moment – ich schaue nach.\n' },
            {
              type: 'tool-call',
              id: 'toolu_01',
              name: 'get_weather',
              arguments: '{"city":"Köln","id":12345678901234567890}',
              kind: 'function',
            },
            { type: 'tool-call', id: 'toolu_02', name: 'get_time', arguments: '{}', kind: 'function' },
          ],
          finish: { reason: 'tool-calls', raw: 'tool_use' },
          logprobs: undefined,
        },
      ],
    });
  });

  it.each([toolUse, search])('are written as they came', ({ whole }) => {
    const { usage, stop_details, container, ...rest } = encodeAnswer(decodeAnswer(whole));
    const { usage: _, ...expected } = bodyOf(whole);
    expect(rest).toEqual(expected);
    expect([stop_details, container]).toEqual([null, null]);
    expect(usage).toEqual({
      input_tokens: 12,
      cache_creation_input_tokens: 30,
      cache_read_input_tokens: 400,
      cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 10 },
      output_tokens: 89,
      output_tokens_details: { thinking_tokens: 40 },
      server_tool_use: null,
      service_tier: 'standard',
      inference_geo: null,
    });
  });

  it('are read without throwing whatever they hold', () => {
    for (const body of [
      {},
      { content: 7 },
      { content: [null, { type: 'text' }, { type: 'tool_use' }, {}], usage: [] },
    ]) {
      expect(() => anthropic.upstream.decodeAnswer(body, { idSeed: '' })).not.toThrow();
    }
  });

  it('have citations of other wires in words of this one', () => {
    const citations = [
      { url: 'https://example.org', quote: 'So', origin: 'openai-chat', raw: {} },
      { documentIndex: 1, title: 'b.pdf', origin: 'cohere-chat', raw: {} },
      { origin: 'gemini', raw: {} },
    ] as const;
    const answer = decodeAnswer(search.whole);
    const parts = [{ type: 'text', text: 'So it is.', citations } as const];
    const { content } = encodeAnswer({ ...answer, choices: [{ ...answer.choices[0]!, parts }] });
    const [block] = content as { citations: unknown[] }[];
    expect(block?.citations).toEqual([
      {
        type: 'web_search_result_location',
        cited_text: 'So',
        url: 'https://example.org',
        title: 'https://example.org',
        encrypted_index: '',
      },
      {
        type: 'char_location',
        cited_text: '',
        document_index: 1,
        document_title: 'b.pdf',
        start_char_index: 0,
        end_char_index: 0,
      },
    ]);
  });
});

describe('errors', () => {
  it.each([
    ['invalid_request', 400, 'invalid_request_error'],
    ['unauthenticated', 401, 'authentication_error'],
    ['forbidden', 403, 'permission_error'],
    ['model_not_found', 404, 'not_found_error'],
    ['payload_too_large', 413, 'request_too_large'],
    ['rate_limited', 429, 'rate_limit_error'],
    ['internal', 500, 'api_error'],
    ['upstream_failed', 502, 'api_error'],
    ['no_target', 503, 'overloaded_error'],
    ['upstream_timeout', 504, 'timeout_error'],
  ] as const)('%s is %i %s', (kind, status, type) => {
    const reply = anthropic.client.encodeError(new GatewayError(kind, 'So it is.'));
    expect(reply).toMatchObject({ status, contentType: 'application/json', headers: [] });
    expect(bodyOf(reply.body.toString())).toEqual({ type: 'error', error: { type, message: 'So it is.' } });
  });

  it('say when to come back, in whole seconds', () => {
    const error = new GatewayError('rate_limited', 'Later.', { retryAfterMs: 1, headers: { 'X-Limit': '5' } });
    expect(anthropic.client.encodeError(error).headers).toEqual(['X-Limit', '5', 'retry-after', '1']);
  });

  it('of upstreams are told from other bodies', () => {
    expect(anthropic.client.isErrorBody({ type: 'error', error: { type: 'api_error', message: 'x' } })).toBe(true);
    for (const body of [{ error: { message: 'x' } }, { type: 'error' }, 'error', null]) {
      expect(anthropic.client.isErrorBody(body)).toBe(false);
    }
  });

  it('end a stream without anything that looks like an end', () => {
    const bytes = anthropic.client.encodeErrorEvent(new GatewayError('upstream_overloaded', 'Busy.'));
    expect(bytes.toString()).toBe(
      'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Busy."}}\n\n',
    );
  });
});
