import type { AnswerSeed, WireFrame } from './wire-stream.ts';

/** Answers of the wires whose events have names. */

const named = (...events: readonly { readonly type: string }[]): WireFrame[] =>
  events.map((event) => ({ name: event.type, data: JSON.stringify(event) }));
const done: WireFrame = { name: '', data: '[DONE]' };

const item = { id: 'msg_1', type: 'message', status: 'completed', role: 'assistant' };
const text = { type: 'output_text', text: 'Grüß dich', annotations: [], logprobs: [] };
const call = {
  id: 'fc_1',
  type: 'function_call',
  status: 'completed',
  call_id: 'call_1',
  name: 'weather',
  arguments: '{"a":1.0}',
};
const thought = {
  id: 'rs_1',
  type: 'reasoning',
  summary: [{ type: 'summary_text', text: 'Hm.' }],
  encrypted_content: 'gAAA',
};
const response = {
  id: 'resp_1',
  object: 'response',
  created_at: 1_760_000_000,
  status: 'completed',
  model: 'm-1',
  output: [thought, { ...item, content: [text] }, call],
  usage: {
    input_tokens: 10,
    input_tokens_details: { cached_tokens: 3 },
    output_tokens: 5,
    output_tokens_details: { reasoning_tokens: 2 },
    total_tokens: 15,
  },
};
const begun = { ...response, status: 'in_progress', output: [], usage: null };
const inThought = { item_id: 'rs_1', output_index: 0, summary_index: 0 };
const inText = { item_id: 'msg_1', output_index: 1, content_index: 0 };
const inCall = { item_id: 'fc_1', output_index: 2 };

export const openaiResponses: AnswerSeed = {
  frames: named(
    { type: 'response.created', ...{ response: begun } },
    { type: 'response.output_item.added', ...{ output_index: 0, item: { ...thought, summary: [] } } },
    { type: 'response.reasoning_summary_part.added', ...inThought },
    { type: 'response.reasoning_summary_text.delta', ...inThought, ...{ delta: 'Hm.' } },
    { type: 'response.reasoning_summary_text.done', ...inThought, ...{ text: 'Hm.' } },
    { type: 'response.output_item.done', ...{ output_index: 0, item: thought } },
    { type: 'response.output_item.added', ...{ output_index: 1, item: { ...item, content: [] } } },
    { type: 'response.content_part.added', ...inText, ...{ part: { ...text, text: '' } } },
    { type: 'response.output_text.delta', ...inText, ...{ delta: 'Grüß', logprobs: [] } },
    { type: 'response.output_text.delta', ...inText, ...{ delta: ' dich', logprobs: [] } },
    { type: 'response.output_text.done', ...inText, ...{ text: 'Grüß dich' } },
    { type: 'response.content_part.done', ...inText, ...{ part: text } },
    { type: 'response.output_item.done', ...{ output_index: 1, item: { ...item, content: [text] } } },
    { type: 'response.output_item.added', ...{ output_index: 2, item: { ...call, arguments: '' } } },
    { type: 'response.function_call_arguments.delta', ...inCall, ...{ delta: '{"a":' } },
    { type: 'response.function_call_arguments.delta', ...inCall, ...{ delta: '1.0}' } },
    { type: 'response.function_call_arguments.done', ...inCall, ...{ arguments: '{"a":1.0}' } },
    { type: 'response.output_item.done', ...{ output_index: 2, item: call } },
    { type: 'response.completed', ...{ response } },
  ),
  whole: response,
};

const block = (index: number, content_block: object) => ({ type: 'content_block_start', index, content_block });
const delta = (index: number, value: object) => ({ type: 'content_block_delta', index, delta: value });
const stop = (index: number) => ({ type: 'content_block_stop', index });
const messagesUsage = { input_tokens: 7, cache_creation_input_tokens: 0, cache_read_input_tokens: 3, output_tokens: 5 };

export const anthropicMessages: AnswerSeed = {
  frames: named(
    {
      type: 'message_start',
      ...{
        message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'm-1', content: [], usage: messagesUsage },
      },
    },
    block(0, { type: 'thinking', thinking: '', signature: '' }),
    { type: 'ping' },
    delta(0, { type: 'thinking_delta', thinking: 'Hm.' }),
    delta(0, { type: 'signature_delta', signature: 'Eqo=' }),
    stop(0),
    block(1, { type: 'text', text: '' }),
    delta(1, { type: 'text_delta', text: 'Grüß ' }),
    delta(1, { type: 'text_delta', text: 'dich' }),
    delta(1, {
      type: 'citations_delta',
      citation: {
        type: 'char_location',
        cited_text: 'x',
        document_index: 0,
        document_title: 'T',
        start_char_index: 0,
        end_char_index: 1,
      },
    }),
    stop(1),
    block(2, { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} }),
    delta(2, { type: 'input_json_delta', partial_json: '{"query":"x"}' }),
    stop(2),
    block(3, { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} }),
    delta(3, { type: 'input_json_delta', partial_json: '{"a":' }),
    delta(3, { type: 'input_json_delta', partial_json: '1.0}' }),
    stop(3),
    { type: 'message_delta', ...{ delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: messagesUsage } },
    { type: 'message_stop' },
  ),
  whole: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm-1',
    content: [
      { type: 'thinking', thinking: 'Hm.', signature: 'Eqo=' },
      { type: 'redacted_thinking', data: 'Emw=' },
      {
        type: 'text',
        text: 'Hi',
        citations: [
          {
            type: 'web_search_result_location',
            url: 'https://example.com',
            title: 'T',
            cited_text: 'x',
            encrypted_index: 'E',
          },
        ],
      },
      { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { id: 1 } },
    ],
    stop_reason: 'tool_use',
    stop_sequence: null,
    usage: messagesUsage,
  },
};

const message = (type: string, index: number, value: object) => ({ type, index, delta: { message: value } });
const cohereUsage = {
  billed_units: { input_tokens: 10, output_tokens: 5 },
  tokens: { input_tokens: 10, output_tokens: 5 },
};

export const cohereChat: AnswerSeed = {
  frames: [
    ...named(
      { type: 'message-start', ...{ id: 'c-1', delta: { message: { role: 'assistant' } } } },
      { type: 'tool-plan-delta', ...{ delta: { message: { tool_plan: 'I look.' } } } },
      message('content-start', 0, { content: { type: 'thinking', thinking: '' } }),
      message('content-delta', 0, { content: { thinking: 'Hm.' } }),
      { type: 'content-end', ...{ index: 0 } },
      message('content-start', 1, { content: { type: 'text', text: '' } }),
      message('content-delta', 1, { content: { text: 'Grüß dich' } }),
      message('citation-start', 0, {
        citations: {
          start: 0,
          end: 4,
          text: 'Grüß',
          content_index: 1,
          sources: [{ type: 'document', id: 'doc:0', document: { id: 'doc:0', title: 'T' } }],
        },
      }),
      { type: 'citation-end', ...{ index: 0 } },
      { type: 'content-end', ...{ index: 1 } },
      message('tool-call-start', 0, {
        tool_calls: { id: 'weather_1', type: 'function', function: { name: 'weather', arguments: '' } },
      }),
      message('tool-call-delta', 0, { tool_calls: { function: { arguments: '{"a":' } } }),
      message('tool-call-delta', 0, { tool_calls: { function: { arguments: '1.0}' } } }),
      { type: 'tool-call-end', ...{ index: 0 } },
      { type: 'message-end', ...{ delta: { finish_reason: 'TOOL_CALL', usage: cohereUsage } } },
    ),
    done,
  ],
  whole: {
    id: 'c-1',
    message: {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Hm.' },
        { type: 'text', text: 'Hi' },
      ],
      tool_calls: [{ id: 'weather_1', type: 'function', function: { name: 'weather', arguments: '{"id":1}' } }],
      citations: [
        {
          start: 0,
          end: 2,
          text: 'Hi',
          content_index: 1,
          sources: [{ type: 'document', id: 'doc:0', document: { title: 'T' } }],
        },
      ],
    },
    finish_reason: 'TOOL_CALL',
    usage: cohereUsage,
  },
};
