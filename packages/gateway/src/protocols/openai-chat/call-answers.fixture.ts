import type { Part } from '../../canonical/conversation.ts';
import {
  type AnswerFixture,
  answer,
  begin,
  call,
  callPart,
  claude,
  counted,
  delta,
  details,
  more,
  sse,
  usage,
  usageChunk,
} from './chunks.fixture.ts';

/** Answers that call tools. */
export const callAnswers: readonly AnswerFixture[] = [
  {
    name: 'reasoning of Claude with its signature over OpenRouter, then a call',
    stream: sse(
      delta({
        role: 'assistant',
        content: '',
        reasoning: 'I ',
        ...details({ type: 'reasoning.text', text: 'I ', ...claude }),
      }),
      delta({ content: '', reasoning: 'call', ...details({ type: 'reasoning.text', text: 'call', ...claude }) }),
      delta({ content: '', reasoning: null, ...details({ type: 'reasoning.text', signature: 'c2ln', ...claude }) }),
      delta({ content: '', ...begin(0, 'toolu_1', 'f') }),
      delta(more(0, '{"a":')),
      delta(more(0, '1.0}')),
      delta({ content: '' }, 'tool_calls'),
      { ...delta({ role: 'assistant', content: '' }, null), usage },
      '[DONE]',
    ),
    unary: answer(
      {
        content: null,
        reasoning: 'I call',
        ...details({ type: 'reasoning.text', text: 'I call', signature: 'c2ln', ...claude }),
        tool_calls: [call('toolu_1', 'f', '{"a":1.0}')],
      },
      'tool_calls',
    ),
    parts: [
      { type: 'reasoning', text: 'I call', signature: { origin: 'anthropic-messages', value: 'c2ln' } },
      callPart('toolu_1', 'f', '{"a":1.0}'),
    ],
    finish: 'tool-calls',
    usage: counted,
  },
  {
    name: 'thoughts and texts as Mistral has them',
    stream: sse(
      delta({ role: 'assistant', content: '' }),
      delta({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Think' }], closed: false }] }),
      delta({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'ing' }] }] }),
      delta({
        content: [
          { type: 'text', text: '1' },
          { type: 'reference', reference_ids: [1] },
        ],
      }),
      delta({ content: '44' }),
      { ...delta({ content: '' }, 'stop'), usage },
      '[DONE]',
    ),
    unary: answer({
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: 'Thinking' }], closed: true },
        { type: 'text', text: '144' },
      ],
      tool_calls: null,
    }),
    parts: [
      { type: 'reasoning', text: 'Thinking' },
      { type: 'text', text: '144' },
    ],
    usage: counted,
  },
  {
    name: 'parallel calls one after another',
    stream: sse(
      delta({ role: 'assistant', content: null, ...begin(0, 'call_a', 'f') }),
      delta(more(0, '{"x"')),
      delta(more(0, ':1}')),
      delta(begin(1, 'call_b', 'g')),
      delta(more(1, '{}')),
      delta({}, 'tool_calls'),
      usageChunk,
      '[DONE]',
    ),
    unary: answer(
      { content: null, tool_calls: [call('call_a', 'f', '{"x":1}'), call('call_b', 'g', '{}')] },
      'tool_calls',
    ),
    parts: [callPart('call_a', 'f', '{"x":1}'), callPart('call_b', 'g', '{}')],
    finish: 'tool-calls',
    usage: counted,
  },
  {
    name: 'parallel calls whose fragments are mixed, and a finish that is called stop',
    stream: sse(
      delta(begin(0, 'call_a', 'f')),
      delta(begin(1, 'call_b', 'g')),
      delta(more(0, '{"x":"}"')),
      delta(more(1, '{"y":')),
      delta(more(0, ',"z":{}}')),
      delta(more(1, '2}')),
      delta({}, 'stop'),
      usageChunk,
      '[DONE]',
    ),
    unary: answer({
      content: '',
      tool_calls: [call('call_a', 'f', '{"x":"}","z":{}}'), call('call_b', 'g', '{"y":2}')],
    }),
    parts: [callPart('call_a', 'f', '{"x":"}","z":{}}'), callPart('call_b', 'g', '{"y":2}')],
    finish: 'tool-calls',
    usage: counted,
  },
  {
    name: "whole calls that are all number 0, with the signatures of Gemini's compatible endpoint",
    stream: sse(
      delta({
        role: 'assistant',
        tool_calls: [
          { ...call('a', 'f', '{"x":1}'), index: 0, extra_content: { google: { thought_signature: 'U0lH' } } },
        ],
      }),
      delta({ tool_calls: [{ ...call('b', 'f', '{"x":2}'), index: 0 }] }, 'tool_calls'),
      usageChunk,
      '[DONE]',
    ),
    unary: answer(
      {
        tool_calls: [
          { ...call('a', 'f', '{"x":1}'), extra_content: { google: { thought_signature: 'U0lH' } } },
          call('b', 'f', '{"x":2}'),
        ],
      },
      'tool_calls',
    ),
    parts: [
      { ...callPart('a', 'f', '{"x":1}'), signature: { origin: 'gemini', value: 'U0lH' } } as Part,
      callPart('b', 'f', '{"x":2}'),
    ],
    finish: 'tool-calls',
    usage: counted,
  },
  {
    name: 'whole calls without numbers, one signed in the details of OpenRouter',
    stream: sse(
      delta({
        ...details({ type: 'reasoning.encrypted', data: 'R0VN', id: 'b', format: 'google-gemini-v1', index: 0 }),
        tool_calls: [call('a', 'f', '{}'), call('b', 'g', '{"y":[]}')],
      }),
      delta({}, 'tool_calls'),
      usageChunk,
      '[DONE]',
    ),
    unary: answer(
      {
        content: '',
        ...details({ type: 'reasoning.encrypted', data: 'R0VN', id: 'b', format: 'google-gemini-v1', index: 0 }),
        tool_calls: [call('a', 'f', '{}'), call('b', 'g', '{"y":[]}')],
      },
      'tool_calls',
    ),
    parts: [
      callPart('a', 'f', '{}'),
      { ...callPart('b', 'g', '{"y":[]}'), signature: { origin: 'gemini', value: 'R0VN' } } as Part,
    ],
    finish: 'tool-calls',
    usage: counted,
  },
  {
    name: 'a call without an id, in the form of old',
    stream: sse(
      delta({ role: 'assistant', content: null, function_call: { name: 'f', arguments: '' } }),
      delta({ function_call: { arguments: '{"a"' } }),
      delta({ function_call: { arguments: ':1}' } }),
      delta({}, 'function_call'),
      usageChunk,
      '[DONE]',
    ),
    unary: answer({ content: null, function_call: { name: 'f', arguments: '{"a":1}' } }, 'function_call'),
    parts: [callPart('call_seed_0', 'f', '{"a":1}')],
    finish: 'tool-calls',
    usage: counted,
  },
  {
    name: 'a call of a custom tool',
    stream: sse(
      delta({ tool_calls: [{ index: 0, id: 'c', type: 'custom', custom: { name: 'sql', input: '' } }] }),
      delta({ tool_calls: [{ index: 0, custom: { input: 'select 1' } }] }),
      delta({}, 'tool_calls'),
      usageChunk,
      '[DONE]',
    ),
    unary: answer(
      { tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'sql', input: 'select 1' } }] },
      'tool_calls',
    ),
    parts: [{ type: 'tool-call', id: 'c', name: 'sql', kind: 'custom', arguments: 'select 1' }],
    finish: 'tool-calls',
    usage: counted,
  },
];
