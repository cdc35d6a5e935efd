import { describe, expect, it } from 'vitest';
import type { ChatRequest } from '../canonical/conversation.ts';
import type { ProtocolName } from '../canonical/protocol-name.ts';
import { findProtocol } from '../protocols/find-protocol.ts';
import type { RequestQuirks } from '../protocols/protocol.ts';
import { providerDefinitions } from '../providers/registry.gen.ts';
import { AnswerRecord } from './answer-record.ts';
import { prefilledRequest } from './prefilled-request.ts';
import { contextOf, type PartScript, played } from './recovery.fixture.ts';
import type { SentAnswer } from './sent-answer.ts';

const seed = contextOf(findProtocol('openai-chat')).request;
const request: ChatRequest = {
  ...seed,
  turns: [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }],
  tools: [],
  toolChoice: undefined,
  outputFormat: undefined,
  reasoning: undefined,
  modalities: undefined,
  audioOutput: undefined,
  prediction: undefined,
  maxOutputTokens: 100,
};

function sentOf(...texts: readonly string[]): SentAnswer {
  const scripts = texts.map((text): PartScript => ({ head: { type: 'text' }, text }));
  const record = new AnswerRecord();
  for (const event of played([{ head: { type: 'reasoning' }, text: 'Hm.' }, ...scripts]).slice(0, -3))
    record.push(event);
  return record.answer()!;
}

function bodyFor(protocol: ProtocolName, quirks: RequestQuirks = {}, conversation = request): Record<string, unknown> {
  const prefilled = prefilledRequest(conversation, sentOf('Hello, ', 'wor  \n'))!;
  const context = { model: 'm', quirks, defaultMaxOutputTokens: 100 };
  const body = findProtocol(protocol).upstream.encodeRequest(prefilled, context);
  return JSON.parse(body.toString()) as Record<string, unknown>;
}

describe('prefilledRequest', () => {
  it('ends in what was sent, without thoughts and without white space at its end', () => {
    expect(prefilledRequest(request, sentOf('Hello, ', 'wor  \n'))?.turns).toEqual([
      ...request.turns,
      { role: 'assistant', parts: [{ type: 'text', text: 'Hello, wor' }] },
    ]);
    expect(prefilledRequest(request, sentOf(' \n'))).toBeUndefined();
  });

  it('goes on with a beginning that the caller gave', () => {
    const begun = (parts: ChatRequest['turns'][number]['parts']): ChatRequest => ({
      ...request,
      turns: [...request.turns, { role: 'assistant', parts }],
    });
    const sent = sentOf('llo');
    expect(prefilledRequest(begun([{ type: 'text', text: 'He' }]), sent)?.turns.at(-1)?.parts).toEqual([
      { type: 'text', text: 'Hello' },
    ]);
    const cached = { type: 'text', text: 'He', cache: { ttl: undefined } } as const;
    const unread = {
      origin: 'openai-chat',
      members: [{ path: ['newer'], name: 'messages[1].newer', value: 1 }],
    } as const;
    for (const part of [cached, { type: 'text', text: 'He', unread } as const]) {
      const { turns } = prefilledRequest(begun([part]), sent)!;
      expect(turns.at(-1)?.parts).toEqual([part, { type: 'text', text: 'llo' }]);
    }
  });

  it('lowers a limit by what was sent, and sets none', () => {
    const limitOf = (maxOutputTokens: number | undefined) =>
      prefilledRequest({ ...request, maxOutputTokens }, sentOf('x'.repeat(397)))?.maxOutputTokens;
    expect(limitOf(1_000)).toBe(900);
    expect(limitOf(50)).toBe(1);
    expect(limitOf(undefined)).toBeUndefined();
  });
});

describe('a beginning, as it is put to upstreams', () => {
  const last = { role: 'assistant', content: 'Hello, wor' };
  const messagesOf = (body: Record<string, unknown>) => body['messages'] as object[];

  it.each<[RequestQuirks['assistantPrefill'], object]>([
    [undefined, last],
    ['plain', last],
    ['continue_final_message', last],
    ['prefix', { ...last, prefix: true }],
    ['partial', { ...last, partial: true }],
  ])('%s', (assistantPrefill, expected) => {
    const body = bodyFor('openai-chat', assistantPrefill ? { assistantPrefill } : {});
    expect(messagesOf(body).at(-1)).toEqual(expected);
    const isAsked = assistantPrefill === 'continue_final_message';
    expect(body['continue_final_message']).toBe(isAsked ? true : undefined);
    expect(body['add_generation_prompt']).toBe(isAsked ? false : undefined);
  });

  it('marks no other message', () => {
    const context = { model: 'm', quirks: { assistantPrefill: 'prefix' }, defaultMaxOutputTokens: 1 } as const;
    const parts = [{ type: 'tool-call', id: 'a', name: 'f', arguments: '{}', kind: 'function' }] as const;
    for (const turns of [request.turns, [...request.turns, { role: 'assistant', parts } as const]]) {
      const body = findProtocol('openai-chat')
        .upstream.encodeRequest({ ...request, turns }, context)
        .toString();
      expect(body).not.toContain('prefix');
    }
  });

  it('on the wires that take it as it is', () => {
    expect(messagesOf(bodyFor('anthropic-messages')).at(-1)).toEqual({
      role: 'assistant',
      content: [{ type: 'text', text: 'Hello, wor' }],
    });
    expect(messagesOf(bodyFor('bedrock-converse')).at(-1)).toEqual({
      role: 'assistant',
      content: [{ text: 'Hello, wor' }],
    });
  });

  it('by the providers that document it', () => {
    const known = providerDefinitions.flatMap(({ name, chat = [] }) =>
      chat.flatMap(({ protocol, quirks }) =>
        quirks?.assistantPrefill ? [`${name} ${protocol} ${quirks.assistantPrefill}`] : [],
      ),
    );
    expect(known.sort()).toEqual([
      'groq openai-chat plain',
      'llamacpp openai-chat plain',
      'mistral openai-chat prefix',
      'moonshot openai-chat partial',
      'openrouter openai-chat plain',
      'sglang openai-chat continue_final_message',
      'vllm openai-chat continue_final_message',
    ]);
  });
});
