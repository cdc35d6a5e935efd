import { describe, expect, it } from 'vitest';
import type { ChatRequest, ReasoningWish, Turn } from '../../canonical/conversation.ts';
import { decodeRequest, encodeRequest, foreignRequest } from './messages.fixture.ts';

const noWish: ReasoningWish = { mode: undefined, effort: undefined, budgetTokens: undefined, summary: undefined };

function sent(wish: Partial<ReasoningWish>, members: Partial<ChatRequest> = {}, model = 'claude-sonnet-4-5') {
  const body = encodeRequest(foreignRequest({ reasoning: { ...noWish, ...wish }, ...members }), model);
  return [body['thinking'], (body['output_config'] as { effort?: string } | undefined)?.effort, body['max_tokens']];
}

const budget = (budget_tokens: number) => ({ type: 'enabled', budget_tokens });

describe('models that are given a budget', () => {
  it('get one that is less than max_tokens and at least 1024', () => {
    expect(sent({ effort: 'low' })).toEqual([budget(2048), undefined, 4096]);
    expect(sent({ effort: 'high' })).toEqual([budget(24_576), undefined, 28_672]);
    expect(sent({ effort: 'max' })).toEqual([budget(27_904), undefined, 32_000]);
    expect(sent({ effort: 'high' }, { maxOutputTokens: 10_000 })).toEqual([budget(8000), undefined, 10_000]);
    expect(sent({ effort: 'high' }, { maxOutputTokens: 100 })).toEqual([budget(1024), undefined, 1124]);
    expect(sent({ budgetTokens: 5 })).toEqual([budget(1024), undefined, 4096]);
    expect(sent({ budgetTokens: 9000 }, { maxOutputTokens: 9000 })).toEqual([budget(9000), undefined, 18_000]);
    expect(sent({ mode: 'adaptive' })).toEqual([budget(8192), undefined, 12_288]);
  });

  it('do not think where that is not wanted or not said', () => {
    for (const wish of [{ mode: 'off' }, { effort: 'none' }, { budgetTokens: 0 }, { summary: 'auto' }] as const) {
      expect(sent(wish)).toEqual([undefined, undefined, 4096]);
    }
  });

  it('show as much as is asked for', () => {
    expect(sent({ effort: 'low', summary: 'none' })[0]).toEqual({ ...budget(2048), display: 'omitted' });
    expect(sent({ effort: 'low', summary: 'detailed' })[0]).toEqual({ ...budget(2048), display: 'summarized' });
  });
});

describe('models that think as they like', () => {
  it.each([
    ['claude-opus-4-6', 'xhigh', 'high'],
    ['claude-opus-4-7', 'xhigh', 'xhigh'],
    ['anthropic.claude-sonnet-4-6-20260217-v1:0', 'minimal', 'low'],
    ['claude-mythos-preview', 'max', 'max'],
  ])('%s takes %s as %s', (model, effort, word) => {
    expect(sent({ effort }, {}, model)).toEqual([{ type: 'adaptive' }, word, 4096]);
  });

  it('take a budget as the word that is nearest', () => {
    expect(sent({ budgetTokens: 8000 }, {}, 'claude-opus-4-7')).toEqual([{ type: 'adaptive' }, 'medium', 4096]);
    expect(sent({ mode: 'on' }, {}, 'claude-opus-4-7')).toEqual([{ type: 'adaptive' }, undefined, 4096]);
  });

  it.each([
    ['claude-opus-4-7', undefined, undefined],
    ['claude-opus-5', { type: 'disabled' }, undefined],
    ['claude-opus-5-5', undefined, 'low'],
  ])('%s is told not to think as far as it can be', (model, thinking, effort) => {
    expect(sent({ mode: 'off' }, {}, model)).toEqual([thinking, effort, 4096]);
  });
});

describe('what goes before a wish', () => {
  const tools: ChatRequest['tools'] = [
    { type: 'function', name: 'f', description: undefined, schema: undefined, strict: undefined },
  ];
  const call = { type: 'tool-call', id: 'a', name: 'f', arguments: '{}', kind: 'function' } as const;
  const result = {
    type: 'tool-result',
    callId: 'a',
    name: 'f',
    content: [],
    isError: false,
    kind: 'function',
  } as const;
  const own = { type: 'reasoning', text: 'A', signature: { origin: 'anthropic-messages', value: 'Eq' } } as const;
  const turns = (...parts: Turn['parts']): Turn[] => [
    { role: 'user', parts: [{ type: 'text', text: '1' }] },
    { role: 'assistant', parts },
    { role: 'user', parts: [result] },
  ];

  it('is a tool that must be called', () => {
    expect(sent({ effort: 'low' }, { tools, toolChoice: { type: 'required' } })[0]).toBeUndefined();
    expect(sent({ effort: 'low' }, { tools, toolChoice: { type: 'auto' } })[0]).toEqual(budget(2048));
  });

  it('is an unfinished turn that began without signed thinking, unless it is adaptive', () => {
    expect(sent({ effort: 'low' }, { turns: turns(call) })[0]).toBeUndefined();
    expect(sent({ effort: 'low' }, { turns: turns(own, call) })[0]).toEqual(budget(2048));
    expect(sent({ effort: 'low' }, { turns: turns(call) }, 'claude-opus-4-6')[0]).toEqual({ type: 'adaptive' });
  });

  it('is nothing of sampling', () => {
    const request = foreignRequest({ reasoning: { ...noWish, effort: 'low' }, temperature: 0.2, topP: 0.96, topK: 3 });
    const { temperature, top_p, top_k } = encodeRequest(request);
    expect([temperature, top_p, top_k]).toEqual([undefined, 0.96, undefined]);
  });
});

describe('a wish that came on this wire', () => {
  it.each([
    { thinking: { type: 'adaptive', display: 'omitted' }, output_config: { effort: 'high' } },
    { thinking: { type: 'enabled', budget_tokens: 2000 } },
    { thinking: { type: 'disabled' } },
    { output_config: { effort: 'medium' } },
  ])('stays as it was: %j', (members) => {
    const request = decodeRequest({ messages: [{ role: 'user', content: 'Hi' }], ...members });
    expect(encodeRequest(request, 'claude-sonnet-4-6')).toMatchObject(members);
  });
});
