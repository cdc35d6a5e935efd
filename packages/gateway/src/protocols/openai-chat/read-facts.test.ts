import { describe, expect, it } from 'vitest';
import { caught } from '../../policies/request-view.fixture.ts';
import { readBodyFacts, readFacts } from './read-facts.ts';

const messages = [{ role: 'user', content: 'hi' }];

describe('readFacts', () => {
  it('reads the facts', () => {
    const body = { model: 'm', messages, stream: true, stream_options: { include_usage: true }, n: 2, temperature: 0 };
    expect(readFacts(body)).toEqual({
      model: 'm',
      stream: true,
      includeUsage: true,
      choices: 2,
    });
    expect(readFacts({ messages })).toEqual({
      model: undefined,
      stream: false,
      includeUsage: false,
      choices: 1,
    });
  });

  it.each([
    {
      messages,
      model: null,
      stream: null,
      temperature: null,
      max_tokens: null,
      max_completion_tokens: null,
      n: null,
      stream_options: null,
    },
    { messages, model: '' },
    { messages, temperature: 2, max_tokens: 1, max_completion_tokens: 100_000 },
    { messages: [{ role: 'assistant', content: null, tool_calls: [] }] },
    {
      messages: [
        { role: 'assistant', tool_calls: [{ id: 'c' }] },
        { role: 'tool', content: 'x', tool_call_id: 'c' },
      ],
    },
    {
      messages: [
        {
          role: 'developer',
          content: [
            { type: 'text', text: 'hello' },
            { type: 'image_url', image_url: { url: 'x'.repeat(100) } },
          ],
        },
      ],
    },
    {
      messages: [
        { role: 'user', content: '' },
        { role: 'user', content: [] },
      ],
    },
    { messages, unknown_field: { deep: [1] }, tools: 'whatever' },
    { messages: [{ role: 'user', content: '💡'.repeat(10) }] },
    { messages, __proto__: null },
  ])('accepts %j', (body) => {
    expect(() => readFacts(body)).not.toThrow();
  });

  it.each([
    [{}, 'messages'],
    [{ messages: null }, 'messages'],
    [{ messages: {} }, 'messages'],
    [{ messages: [] }, 'messages'],
    [{ messages: ['hi'] }, 'messages[0]'],
    [{ messages: [null] }, 'messages[0]'],
    [{ messages: [messages[0], []] }, 'messages[1]'],
    [{ messages: [{ content: 'hi' }] }, 'messages[0].role'],
    [{ messages: [{ role: 1 }] }, 'messages[0].role'],
    [{ messages: [messages[0], { role: 'user', content: 7 }] }, 'messages[1].content'],
    [{ messages: [{ role: 'user', content: { text: 'x' } }] }, 'messages[0].content'],
    [{ messages, model: 1 }, 'model'],
    [{ messages, model: 'm'.repeat(257) }, 'model'],
    [{ messages, model: ['m'] }, 'model'],
    [{ messages, stream: 'true' }, 'stream'],
    [{ messages, stream: 1 }, 'stream'],
    [{ messages, temperature: -0.1 }, 'temperature'],
    [{ messages, temperature: 2.01 }, 'temperature'],
    [{ messages, temperature: '1' }, 'temperature'],
    [{ messages, max_tokens: 0 }, 'max_tokens'],
    [{ messages, max_tokens: 1.5 }, 'max_tokens'],
    [{ messages, max_completion_tokens: '5' }, 'max_completion_tokens'],
    [{ messages, n: 0 }, 'n'],
    [{ messages, n: 129 }, 'n'],
    [{ messages, n: 1.5 }, 'n'],
    [{ messages, stream_options: true }, 'stream_options'],
    [{ messages, stream_options: [] }, 'stream_options'],
  ])('refuses %j for %s', (body, param) => {
    expect(caught(() => readFacts(body))).toMatchObject({ kind: 'invalid_request', status: 400, param });
  });
});

describe('readBodyFacts', () => {
  it('reads model and stream and leaves the rest alone', () => {
    const facts = { model: 'm', stream: true, includeUsage: false, choices: 1 };
    expect(readBodyFacts({ model: 'm', stream: true, input: 1, n: 'x', messages: 1 }, 'responses')).toEqual(facts);
    const completion = { model: 'm', stream: true, stream_options: { include_usage: true }, n: 3 };
    expect(readBodyFacts(completion, 'completions')).toEqual({ ...facts, includeUsage: true, choices: 3 });
  });

  it.each([
    [{ model: {} }, 'model'],
    [{ model: 'm'.repeat(10_000) }, 'model'],
    [{ stream: 'yes' }, 'stream'],
  ])('refuses %j', (body, param) => {
    expect(caught(() => readBodyFacts(body, 'embeddings'))).toMatchObject({ kind: 'invalid_request', param });
  });
});
