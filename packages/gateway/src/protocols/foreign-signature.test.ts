import { describe, expect, it } from 'vitest';
import { answerEvents } from '../canonical/answer-events.ts';
import type { ChatAnswer } from '../canonical/chat-answer.ts';
import type { ChatRequest, Part, Signature } from '../canonical/conversation.ts';
import type { ProtocolName } from '../canonical/protocol-name.ts';
import { findProtocol } from './find-protocol.ts';

const request = { origin: 'openai-chat', turns: [], tools: [] } as unknown as ChatRequest;
const context = { id: 'gw-1', model: 'm', created: 0, includeUsage: true, request, isSse: true };

function answerOf(signature: Signature | undefined): ChatAnswer {
  const signed = signature === undefined ? {} : { signature };
  const parts: readonly Part[] = [
    { type: 'reasoning', text: 'Hm.', ...signed },
    { type: 'tool-call', id: 'call_1', name: 'f', arguments: '{}', kind: 'function', ...signed },
  ];
  const finish = { reason: 'tool-calls', raw: undefined } as const;
  const choices = [{ index: 0, parts, finish, logprobs: undefined }];
  return { id: 'a', model: 'm', created: undefined, serviceTier: undefined, usage: undefined, choices };
}

/** An answer as clients of a wire get it, whole and streamed. */
function written(wire: ProtocolName, answer: ChatAnswer): readonly string[] {
  const { client } = findProtocol(wire);
  const encoder = client.createStreamEncoder(context);
  const stream = [...answerEvents(answer)].map((event) => encoder.push(event));
  return [client.encodeAnswer(answer, context), Buffer.concat(stream)].map((bytes) => bytes.toString('latin1'));
}

function expectMarked(wire: ProtocolName, answer: ChatAnswer): void {
  const { foreignMarks } = findProtocol(wire).client;
  for (const text of written(wire, answer)) {
    expect({ text, isMarked: foreignMarks.some((mark) => text.includes(mark)) }).toEqual({ text, isMarked: true });
  }
}

describe('what clients send back', () => {
  it.each(['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini', 'bedrock-converse'] as const)(
    'is marked as of another wire where it came signed by one: %s',
    (wire) => {
      const origins = (['gemini', 'anthropic-messages', 'bedrock-converse'] as const).filter((name) => name !== wire);
      for (const origin of origins) expectMarked(wire, answerOf({ origin, value: 'c2ln' }));
    },
  );

  it.each(['anthropic-messages', 'gemini', 'bedrock-converse'] as const)(
    'is marked where it is not signed and providers of the wire insist on a proof: %s',
    (wire) => expectMarked(wire, answerOf(undefined)),
  );
});
