import { describe, expect, it } from 'vitest';
import type { Operation } from '../canonical/operation.ts';
import type { ProtocolName } from '../canonical/protocol-name.ts';
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

describe('what embeddings and reranking took', () => {
  const long = 'a'.repeat(70_000);
  const embedded = { embeddings: [{ values: [0.5] }], usageMetadata: { promptTokenCount: 7 } };
  const vectors = { embeddings: { float: [[0.5]] }, meta: { billed_units: { input_tokens: 7, image_tokens: 2 } } };
  const results = [{ index: 0, relevance_score: 0.5 }];

  it.each<[Operation, ProtocolName, object, number]>([
    ['embeddings', 'gemini', embedded, 7],
    ['embeddings', 'cohere-chat', vectors, 9],
    ['embeddings', 'openai-chat', { data: [{ embedding: [0.5] }], usage: { total_tokens: 7 } }, 7],
    ['rerank', 'openai-chat', { results, usage: { total_tokens: 7 } }, 7],
    ['rerank', 'openai-chat', { data: results, usage: { prompt_tokens: 7, total_tokens: 7 } }, 7],
    ['rerank', 'cohere-chat', { results, meta: { tokens: { input_tokens: 7 }, billed_units: { search_units: 1 } } }, 7],
  ])('was estimated where the provider tells it: %s in %s', (operation, protocol, answer, input) => {
    for (const body of [answer, { id: long, ...answer }]) {
      const reading = readUnary(Buffer.from(JSON.stringify(body)), operation, protocol);
      expect(reading).toMatchObject({ failure: undefined, usage: { input, output: 0 } });
    }
  });

  it('was all text, whatever pictures there were', () => {
    const { usage } = readUnary(Buffer.from(JSON.stringify(vectors)), 'embeddings', 'cohere-chat');
    expect(usage).toEqual({ input: 9, output: 0, imageInput: 2 });
  });

  it.each<[Operation, ProtocolName]>([
    ['embeddings', 'gemini'],
    ['embeddings', 'cohere-chat'],
    ['rerank', 'cohere-chat'],
  ])('was nothing: an error under status 200 passed for %s in %s', (operation, protocol) => {
    const error = { message: 'The model is overloaded.', code: 503, status: 'UNAVAILABLE' };
    expect(readUnary(Buffer.from(JSON.stringify({ error })), operation, protocol).failure).toMatchObject({
      kind: 'overloaded',
    });
    expect(readUnary(Buffer.from('{}'), operation, protocol).failure).toMatchObject({ kind: 'malformed' });
  });

  it.each([{ prompt_tokens: -1, total_tokens: 0 }, { total_tokens: 1.5 }, {}])('was %j, which is no count', (usage) => {
    expect(read({ data: [{ embedding: [0.5] }], usage }, 'embeddings').usage).toBeUndefined();
    expect(read({ results, usage }, 'rerank').usage).toBeUndefined();
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
