import { expect, it } from 'vitest';
import type { ChatAnswer, Finish } from '../../src/canonical/chat-answer.ts';
import type { Part } from '../../src/canonical/conversation.ts';
import type { JsonObject } from '../../src/canonical/json.ts';
import { type ProtocolName, protocolNames } from '../../src/canonical/protocol-name.ts';
import { findProtocol } from '../../src/protocols/find-protocol.ts';
import type { AnswerContext } from '../../src/protocols/protocol.ts';
import { at } from '../failures/wire-frames.ts';
import { finishReasons } from '../fuzz/legal-events.fixture.ts';

/** What clients of a wire know, by whether the answer before it is whole. */
const known: Readonly<Record<ProtocolName, { readonly whole: readonly string[]; readonly cut: readonly string[] }>> = {
  'openai-chat': { whole: ['stop', 'tool_calls'], cut: ['length', 'content_filter'] },
  'openai-responses': { whole: ['completed'], cut: ['max_output_tokens', 'content_filter'] },
  'anthropic-messages': {
    whole: ['end_turn', 'stop_sequence', 'tool_use'],
    cut: ['max_tokens', 'refusal', 'pause_turn', 'model_context_window_exceeded'],
  },
  gemini: { whole: ['STOP'], cut: ['MAX_TOKENS', 'SAFETY', 'RECITATION', 'OTHER', 'LANGUAGE', 'NO_IMAGE'] },
  'bedrock-converse': {
    whole: ['end_turn', 'stop_sequence', 'tool_use'],
    cut: ['max_tokens', 'content_filtered', 'guardrail_intervened', 'model_context_window_exceeded'],
  },
  'cohere-chat': { whole: ['COMPLETE', 'STOP_SEQUENCE', 'TOOL_CALL'], cut: ['MAX_TOKENS', 'ERROR_TOXIC'] },
};

/** Answers as their upstreams end them, where there is less of them than there was to be. */
const cuts: readonly (readonly [wire: ProtocolName, word: string, body: JsonObject])[] = [
  ...['length', 'model_length', 'content_filter', 'content_filter: RECITATION', 'sensitive'].map(
    (word) => ['openai-chat', word, { choices: [{ message: { content: 'Half' }, finish_reason: word }] }] as const,
  ),
  ...['max_output_tokens', 'content_filter', 'a_reason_of_next_year'].map(
    (reason) =>
      ['openai-responses', reason, { status: 'incomplete', incomplete_details: { reason }, output: [] }] as const,
  ),
  ...['max_tokens', 'model_context_window_exceeded', 'refusal', 'pause_turn', 'compaction'].map(
    (word) => ['anthropic-messages', word, { content: [{ type: 'text', text: 'Half' }], stop_reason: word }] as const,
  ),
  ...['MAX_TOKENS', 'SAFETY', 'RECITATION', 'OTHER', 'LANGUAGE', 'NO_IMAGE', 'CONTINUATION'].map(
    (finishReason) =>
      ['gemini', finishReason, { candidates: [{ content: { parts: [{ text: 'Half' }] }, finishReason }] }] as const,
  ),
  ...['max_tokens', 'guardrail_intervened', 'content_filtered', 'model_context_window_exceeded', 'refusal'].map(
    (stopReason) =>
      ['bedrock-converse', stopReason, { output: { message: { content: [{ text: 'Half' }] } }, stopReason }] as const,
  ),
  ...['MAX_TOKENS', 'ERROR_TOXIC', 'ERROR_LIMIT'].map(
    (word) => ['cohere-chat', word, { message: { content: [] }, finish_reason: word }] as const,
  ),
];

const body = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] };
const { client: asking } = findProtocol('openai-chat');
const context: AnswerContext = {
  id: 'gw-1',
  model: 'm',
  created: 0,
  includeUsage: true,
  request: asking.decodeRequest(body, asking.readFacts(body)),
  isSse: true,
};

/** The word by which a client learns why an answer ended. */
function wordFor(client: ProtocolName, answer: ChatAnswer): unknown {
  const body: unknown = JSON.parse(findProtocol(client).client.encodeAnswer(answer, context).toString());
  return (
    at(body, 'choices', 0, 'finish_reason') ??
    at(body, 'incomplete_details', 'reason') ??
    at(body, 'stop_reason') ??
    at(body, 'candidates', 0, 'finishReason') ??
    at(body, 'stopReason') ??
    at(body, 'finish_reason') ??
    at(body, 'status')
  );
}

function answerOf(finish: Finish, parts: readonly Part[]): ChatAnswer {
  const choices = [{ index: 0, parts, finish, logprobs: undefined }];
  return { id: 'a', model: 'm', created: 0, choices, usage: undefined, serviceTier: undefined };
}

it.each(cuts)('an answer of %s that ended with %s was whole to clients of another wire', (wire, _word, body) => {
  const answer = findProtocol(wire).upstream.decodeAnswer(body, { idSeed: '0123456789abcdef' });
  for (const client of protocolNames.filter((name) => name !== wire)) {
    const word = wordFor(client, answer);
    expect({ client, word, cut: known[client].cut }).toEqual({ client, word, cut: expect.arrayContaining([word]) });
  }
});

it.each(finishReasons)('an answer that ended for %s ends with a word that its wire knows', (reason) => {
  for (const client of protocolNames) {
    const word = wordFor(client, answerOf({ reason, raw: undefined }, [{ type: 'text', text: 'Hello.' }]));
    const words = [...known[client].whole, ...known[client].cut];
    expect({ client, words }).toEqual({ client, words: expect.arrayContaining([word]) });
  }
});

it('a refusal in the words of the model is an answer of Cohere’s wire, and whole', () => {
  const refusal = answerOf({ reason: 'refusal', raw: 'completed' }, [{ type: 'refusal', text: 'No.' }]);
  expect(wordFor('cohere-chat', refusal)).toBe('COMPLETE');
});
