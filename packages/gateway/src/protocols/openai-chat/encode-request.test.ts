import { describe, expect, it } from 'vitest';
import type { ChatRequest, ReasoningWish } from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { ExactNumber, parseExact } from '../../framing/exact-json.ts';
import type { RequestQuirks } from '../protocol.ts';
import { decodeRequest } from './decode-request.ts';
import { encodeRequest } from './encode-request.ts';

const facts = { model: 'm', stream: false, includeUsage: false, choices: 1 };
const empty = decodeRequest({ messages: [{ role: 'user', content: 'Hi' }] }, facts);

function write(request: Partial<ChatRequest>, quirks: RequestQuirks = {}): JsonObject {
  const context = { model: 'm', quirks, defaultMaxOutputTokens: 4096 };
  return JSON.parse(encodeRequest({ ...empty, ...request }, context).toString('utf8')) as JsonObject;
}

describe('options', () => {
  const wish = (members: Partial<ReasoningWish>): Partial<ChatRequest> => ({
    reasoning: { mode: undefined, effort: undefined, budgetTokens: undefined, summary: undefined, ...members },
  });

  it('ask for usage in streams', () => {
    expect(write({ stream: true })).toMatchObject({ stream: true, stream_options: { include_usage: true } });
    expect(write({ stream: true }, { refusesStreamOptions: true })).not.toHaveProperty('stream_options');
    expect(write({})).toEqual({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] });
  });

  it('have the names that the provider knows', () => {
    const request = { maxOutputTokens: 5, seed: 7, promptCacheKey: 'k' };
    expect(write(request)).toMatchObject({ max_completion_tokens: 5, seed: 7, prompt_cache_key: 'k' });
    const quirks = {
      maxTokensField: 'max_tokens',
      renamedMembers: { seed: 'random_seed' },
      refusedMembers: ['prompt_cache_key'],
    } as const;
    const { messages: _, ...rest } = write(request, quirks);
    expect(rest).toEqual({ model: 'm', max_tokens: 5, random_seed: 7 });
  });

  it.each<[Partial<ReasoningWish>, string | undefined]>([
    [{ effort: 'minimal' }, 'minimal'],
    [{ effort: 'none', mode: 'off' }, 'none'],
    [{ effort: 'max', mode: 'adaptive' }, 'xhigh'],
    [{ mode: 'on', budgetTokens: 31_999 }, 'high'],
    [{ mode: 'on', budgetTokens: 4000 }, 'low'],
    [{ mode: 'on', budgetTokens: 1024 }, 'low'],
    [{ mode: 'off' }, undefined],
    [{ mode: 'adaptive' }, undefined],
  ])('say %j in a word of OpenAI', (members, effort) => {
    expect(write(wish(members))['reasoning_effort']).toBe(effort);
  });

  it('say how much to reason as the provider knows it', () => {
    const of = (members: Partial<ReasoningWish>, reasoningForm: RequestQuirks['reasoningForm']) => {
      const { model: _, messages: _messages, ...rest } = write(wish(members), reasoningForm ? { reasoningForm } : {});
      return rest;
    };
    expect(of({ mode: 'on', budgetTokens: 2000 }, 'reasoning')).toEqual({ reasoning: { max_tokens: 2000 } });
    expect(of({ effort: 'high', summary: 'none' }, 'reasoning')).toEqual({
      reasoning: { effort: 'high', exclude: true },
    });
    expect(of({ mode: 'off' }, 'reasoning')).toEqual({ reasoning: { enabled: false } });
    expect(of({ mode: 'off' }, 'thinking')).toEqual({ thinking: { type: 'disabled' } });
    expect(of({ mode: 'on', effort: 'high' }, 'thinking')).toEqual({
      thinking: { type: 'enabled' },
      reasoning_effort: 'high',
    });
    expect(of({ mode: 'off' }, 'enable_thinking')).toEqual({ enable_thinking: false });
    expect(of({ mode: 'on', budgetTokens: 9 }, 'enable_thinking')).toEqual({
      enable_thinking: true,
      thinking_budget: 9,
    });
  });

  it('choose among tools there are', () => {
    const toolChoice = { type: 'tool', name: 'sql' } as const;
    expect(write({ toolChoice, parallelToolCalls: false })).not.toHaveProperty('tool_choice');
    const tools: ChatRequest['tools'] = [
      { type: 'custom', name: 'sql', description: undefined, format: undefined },
      { type: 'function', name: 'f', description: 'd', schema: undefined, strict: undefined },
      { type: 'builtin', origin: 'openai-chat', name: 'web_search_options', value: {} },
    ];
    const { model: _, messages: _messages, ...rest } = write({ tools, toolChoice, parallelToolCalls: false });
    expect(rest).toEqual({
      tools: [
        { type: 'custom', custom: { name: 'sql' } },
        { type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object', properties: {} } } },
      ],
      tool_choice: { type: 'custom', custom: { name: 'sql' } },
      parallel_tool_calls: false,
      web_search_options: {},
    });
  });

  it('keep numbers as they were', () => {
    const schema = parseExact('{"minimum":1.0,"maximum":12345678901234567890}');
    const tools: ChatRequest['tools'] = [
      { type: 'function', name: 'f', description: undefined, schema, strict: undefined },
    ];
    const context = { model: 'm', quirks: {}, defaultMaxOutputTokens: 1 };
    const body = encodeRequest({ ...empty, tools, seed: new ExactNumber('9007199254740993') }, context).toString(
      'utf8',
    );
    expect(body).toContain('{"minimum":1.0,"maximum":12345678901234567890}');
    expect(body).toContain('"seed":9007199254740993');
  });

  it('shorten what is no name of a user', () => {
    expect(write({ user: 'ann' })['user']).toBe('ann');
    expect(write({ user: 'x'.repeat(100) })['user']).toMatch(/^[0-9a-f]{64}$/);
  });

  it('say of a voice what OpenAI insists on, and nothing of others', () => {
    const own = { voice: 'ash', format: 'wav', speed: 2 };
    expect(write({ audioOutput: own })['audio']).toEqual(own);
    const other = { voice: 'Kore', speechConfig: { voiceConfig: {} } };
    expect(write({ origin: 'gemini', audioOutput: other })['audio']).toEqual({ voice: 'Kore', format: 'pcm16' });
  });

  it('a wish for JSON was refused where callers of other wires had not said the word', () => {
    const said = (...turns: ChatRequest['turns']) => {
      const request = { origin: 'gemini', outputFormat: { type: 'json' }, turns } as const;
      return Object.assign(write(request), { own: write({ ...request, origin: 'openai-chat' })['messages'] });
    };
    const turn = (role: 'system' | 'user', text: string) => ({ role, parts: [{ type: 'text', text }] }) as const;
    const hello = { role: 'user', content: 'Hi' };
    expect(said(turn('user', 'Hi'))).toMatchObject({
      messages: [{ role: 'system', content: 'Answer in JSON.' }, hello],
      own: [hello],
      response_format: { type: 'json_object' },
    });
    expect(said(turn('system', 'Be brief.'), turn('user', 'Hi'))['messages']).toEqual([
      { role: 'system', content: 'Be brief.\n\nAnswer in JSON.' },
      hello,
    ]);
    expect(said(turn('user', 'As json!'))['messages']).toEqual([{ role: 'user', content: 'As json!' }]);
  });
});
