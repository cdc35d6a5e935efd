import { describe, expect, it } from 'vitest';
import type { Operation } from '../canonical/operation.ts';
import { readUnary } from './read-unary.ts';

const read = (answer: unknown, operation: Operation) =>
  readUnary(Buffer.from(JSON.stringify(answer, undefined, 1)), operation, 'openai-chat');

describe('an answer without anything in it', () => {
  const empty = { kind: 'malformed', message: "the provider's answer is empty" };
  it('passed for a good one', () => {
    const usage = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 };
    expect(read({ choices: [], usage }, 'chat')).toMatchObject({ failure: empty, usage: { input: 9, output: 3 } });
    expect(read({ choices: [] }, 'chat').failure).toMatchObject(empty);
    expect(read({ choices: [], usage }, 'completions').failure).toMatchObject(empty);
    expect(readUnary(Buffer.from('{"choices":[ ]}'), 'completions', 'openai-chat').failure).toMatchObject(empty);
  });

  it('is one where that may be', () => {
    expect(read({ data: [], model: 'm' }, 'embeddings').failure).toBeUndefined();
    expect(read({ choices: [{ index: 0, text: '', finish_reason: 'stop' }] }, 'completions').failure).toBeUndefined();
    const message = { role: 'assistant', content: '' };
    expect(read({ choices: [{ index: 0, message, finish_reason: 'stop' }] }, 'chat').failure).toBeUndefined();
  });
});

describe('an answer whose reason for its end is a number', () => {
  const answer = (finishReason: number, text: string) =>
    Buffer.from(JSON.stringify({ candidates: [{ content: { parts: [{ text }] }, finishReason }] }));

  it.each([
    ['short', ''],
    ['long', 'a'.repeat(70_000)],
  ])('is one, or none, as its word says: %s', (_, text) => {
    expect(readUnary(answer(10, text), 'chat', 'gemini').failure).toMatchObject({ kind: 'unfinished' });
    expect(readUnary(answer(1, 'Yes.'), 'chat', 'gemini').failure).toBeUndefined();
  });

  it('is one that was refused where its prompt was', () => {
    const refused = Buffer.from('{"promptFeedback":{"blockReason":1}}');
    expect(readUnary(refused, 'chat', 'gemini').failure).toBeUndefined();
  });
});
