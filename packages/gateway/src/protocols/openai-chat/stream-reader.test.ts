import { describe, expect, it } from 'vitest';
import { sseEvent } from '../../framing/sse-event.fixture.ts';
import type { EventVerdict } from '../stream-reader.ts';
import { type ChatStreamOptions, ChatStreamReader } from './stream-reader.ts';

type Chunk = object | string;

function read(chunks: readonly Chunk[], options: Partial<ChatStreamOptions> = {}) {
  const reader = new ChatStreamReader({ choices: 1, hideUsage: false, ...options });
  const verdicts = chunks.map((chunk) => readOne(reader, chunk));
  return { reader, verdicts };
}

function readOne(reader: ChatStreamReader, chunk: Chunk, name = ''): EventVerdict {
  return reader.read(sseEvent(typeof chunk === 'string' ? chunk : JSON.stringify(chunk), name));
}

const choice = (delta: object, finish: string | null = null, index = 0): object => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  model: 'm-1',
  choices: [{ index, delta, finish_reason: finish }],
});
const role = choice({ role: 'assistant', content: '' });
const word = choice({ content: 'word' });
const stop = choice({}, 'stop');
const usage = { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 };
const onlyUsage = { id: 'c1', choices: [], usage };

describe('ChatStreamReader', () => {
  it('reads a plain stream', () => {
    const { verdicts, reader } = read([role, word, word, stop, onlyUsage, '[DONE]']);
    expect(verdicts).toEqual(['preamble', 'content', 'content', 'content', 'content', 'end']);
    expect(reader).toMatchObject({ isFinished: true, usage: { input: 3, output: 5 }, responseModel: 'm-1' });
    expect(reader.terminator()).toHaveLength(0);
  });

  it.each<[string, number, readonly Chunk[]]>([
    ['text', 3, [role, choice({ content: 'four' }), choice({ content: 'an eight', role: 'assistant' })]],
    ['reasoning', 2, [choice({ reasoning_content: 'thoughts', content: null })]],
    ['text in any script, by its bytes', 3, [choice({ content: '你好吗' })]],
    ['parts of text', 4, [choice({ content: [{ type: 'thinking', thinking: 'x'.repeat(24) }] })]],
    ['arguments', 2, [choice({ tool_calls: [{ index: 0, function: { arguments: '12345678' } }] })]],
    ['completions', 2, [{ choices: [{ index: 0, text: 'and eight'.slice(1), logprobs: { tokens: ['and'] } }] }]],
    [
      'text, and not its probabilities',
      1,
      [{ choices: [{ index: 0, delta: { content: 'word' }, logprobs: { content: [{ token: 'word'.repeat(50) }] } }] }],
    ],
    ['no error', 1, [word, { error: { message: 'no', of: { the: { answer: 'x'.repeat(400) } } } }]],
    ['nothing of an event that is no JSON', 1, [word, '{"choices":[{"delta":{"content":"again"}}']],
  ])('counts what an answer says: %s', (_, tokens, chunks) => {
    expect(read(chunks).reader.outputTokens).toBe(tokens);
  });

  it.each<[string, Chunk]>([
    ['a role', choice({ role: 'assistant' })],
    ['a role with empty fields', choice({ role: 'assistant', content: '', refusal: null, tool_calls: [], audio: {} })],
    [
      'prompt filter results',
      { choices: [], prompt_filter_results: [{ prompt_index: 0, content_filter_results: {} }] },
    ],
    ['no choices', { id: 'c1' }],
    ['choices that are none', { choices: null }],
    ['usage before the answer', { choices: [{ delta: {} }], usage }],
    ['a text that is empty', { choices: [{ text: '', index: 0, finish_reason: null }] }],
    ['a finish that is empty', { choices: [{ delta: { content: '' }, finish_reason: '' }] }],
    ['an error that is none', { error: null, choices: [] }],
    ['a comment', ''],
    ['blanks', ' \n'],
  ])('takes %s for no part of the answer yet', (_, chunk) => {
    const { verdicts, reader } = read([chunk, word, chunk]);
    expect(verdicts).toEqual(['preamble', 'content', 'content']);
    expect(reader.isFinished).toBe(false);
  });

  it.each<[string, Chunk]>([
    ['a text', word],
    ['a blank', choice({ content: ' ' })],
    ['reasoning', choice({ role: 'assistant', content: null, reasoning_content: 'Hm' })],
    ['reasoning by another name', choice({ reasoning: 'Hm' })],
    ['a refusal', choice({ refusal: 'No' })],
    ['a tool call', choice({ tool_calls: [{ index: 0, id: 't', function: { name: 'f', arguments: '' } }] })],
    ['a function call', choice({ function_call: { name: 'f' } })],
    ['audio', choice({ audio: { id: 'a' } })],
    ['content in parts', choice({ content: [{ type: 'text', text: 'a' }] })],
    ['a finish', stop],
    [
      'the text of a completion',
      { object: 'text_completion', choices: [{ text: 'a', index: 0, finish_reason: null }] },
    ],
    ['the second choice', { choices: [{ delta: {} }, { delta: { content: 'a' }, index: 1 }] }],
    ['whitespace around', ` ${JSON.stringify(word)} `],
  ])('takes %s for content', (_, chunk) => {
    expect(read([role, chunk]).verdicts).toEqual(['preamble', 'content']);
  });

  it('hides the event that holds nothing but usage from who did not ask, and counts it', () => {
    const { verdicts, reader } = read([word, stop, onlyUsage, { usage }, '[DONE]'], { hideUsage: true });
    expect(verdicts).toEqual(['content', 'content', 'hidden', 'hidden', 'end']);
    expect(reader.usage).toEqual({ input: 3, output: 5 });
  });

  it('never hides usage that stands beside content, and believes the last', () => {
    const last = { ...choice({ content: 'end' }, 'stop'), usage: { ...usage, completion_tokens: 9 } };
    const { verdicts, reader } = read([{ ...word, usage }, last, { ...word, usage: null }], { hideUsage: true });
    expect(verdicts).toEqual(['content', 'content', 'content']);
    expect(reader.usage).toEqual({ input: 3, output: 9 });
  });

  it('keeps the usage it has when something else comes under that name', () => {
    for (const odd of ['x', 7, [], {}, { prompt_tokens: -1 }]) {
      expect(
        read([
          { ...word, usage },
          { ...word, usage: odd },
        ]).reader.usage,
      ).toEqual({ input: 3, output: 5 });
    }
  });

  it.each<[string, Chunk]>([
    ['an error', { error: { message: 'Overloaded', code: 503 } }],
    ['an error as text', { error: 'Overloaded' }],
    ['an error beside choices', { ...word, error: { message: 'Provider failed' } }],
    ['an error without an envelope', { object: 'error', message: 'Bad', code: 400 }],
  ])('tells of %s, before content and after it', (_, chunk) => {
    for (const chunks of [[chunk], [role, chunk], [word, chunk], [word, stop, chunk]]) {
      const { verdicts, reader } = read(chunks);
      expect(verdicts.at(-1)).toBe('error');
      expect(reader.errorData?.toString()).toBe(JSON.stringify(chunk));
    }
  });

  it('takes an event named error for one, whatever its data', () => {
    const reader = new ChatStreamReader({ choices: 1, hideUsage: false });
    expect(readOne(reader, { message: 'Bad' }, 'error')).toBe('error');
    expect(reader.errorData?.toString()).toBe('{"message":"Bad"}');
    expect(readOne(reader, 'upstream went away', 'error')).toBe('error');
    expect(reader.errorData?.toString()).toBe('upstream went away');
  });

  it.each(['{"choices":[{"delta":{"content":"wo', '<html>', '[1]', '"text"', 'null', '[DONE', '{} {}', '{"a":01}'])(
    'refuses %s',
    (data) => {
      expect(read([data]).verdicts).toEqual(['malformed']);
      expect(read([word, data]).verdicts).toEqual(['content', 'malformed']);
    },
  );

  it.each(['[DONE]', ' [DONE]', '[DONE] ', '[DONE]\n'])('takes %j for the end', (data) => {
    const { verdicts, reader } = read([word, data]);
    expect(verdicts).toEqual(['content', 'end']);
    expect(reader.isFinished).toBe(true);
    expect(reader.terminator()).toHaveLength(0);
  });

  it('does not take [DONE] without any content for an answer', () => {
    const { verdicts, reader } = read([role, '[DONE]']);
    expect(verdicts).toEqual(['preamble', 'end']);
    expect(reader.isFinished).toBe(false);
  });

  it('knows an answer that finished without [DONE], and what completes it', () => {
    const { reader } = read([role, word, stop]);
    expect(reader.isFinished).toBe(true);
    expect(reader.terminator().toString()).toBe('data: [DONE]\n\n');
    expect(read([role, word]).reader.isFinished).toBe(false);
  });

  it('waits for the finish of every choice', () => {
    const first = choice({}, 'stop', 0);
    const second = choice({}, 'length', 1);
    expect(read([word, first], { choices: 2 }).reader.isFinished).toBe(false);
    expect(read([word, first, first], { choices: 2 }).reader.isFinished).toBe(false);
    expect(read([word, first, second], { choices: 2 }).reader.isFinished).toBe(true);
    const both = { choices: [0, 1].map((index) => ({ index, delta: {}, finish_reason: 'stop' })) };
    expect(read([word, both], { choices: 2 }).reader.isFinished).toBe(true);
    expect(read([word, first, '[DONE]'], { choices: 2 }).reader.isFinished).toBe(true);
  });

  it('looks for the finish in choices only', () => {
    const decoys = [
      choice({ content: '"finish_reason":"stop"' }),
      choice({ tool_calls: [{ function: { arguments: '{"finish_reason":"stop"}' } }] }),
      { ...word, finish_reason: 'stop' },
      { ...word, x: [{ finish_reason: 'stop' }] },
    ];
    expect(read(decoys).reader.isFinished).toBe(false);
  });

  it('names the model of the answer, which may not be in its first event', () => {
    expect(read([{ model: '', choices: [] }, role, word]).reader.responseModel).toBe('m-1');
  });
});
