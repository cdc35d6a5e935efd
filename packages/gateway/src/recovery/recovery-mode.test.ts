import { describe, expect, it } from 'vitest';
import type { ChatRequest } from '../canonical/conversation.ts';
import type { StreamRecovery } from '../config/gateway-config.ts';
import { findProtocol } from '../protocols/find-protocol.ts';
import { AnswerRecord } from './answer-record.ts';
import { acceptsPrefill, type PrefillAsk } from './prefilled-request.ts';
import { contextOf, type PartScript, played } from './recovery.fixture.ts';
import { recoveryMode } from './recovery-mode.ts';
import type { SentAnswer } from './sent-answer.ts';

const plain: ChatRequest = {
  ...contextOf(findProtocol('openai-chat')).request,
  toolChoice: undefined,
  outputFormat: undefined,
  reasoning: undefined,
  modalities: undefined,
  audioOutput: undefined,
  choices: undefined,
};
const claude: PrefillAsk = {
  protocol: 'anthropic-messages',
  quirks: {},
  model: 'claude-sonnet-4-5',
  override: undefined,
};
const text: PartScript = { head: { type: 'text' }, text: 'Hello, wor' };
const thought: PartScript = { head: { type: 'reasoning' }, text: 'Hm.' };
const call: PartScript = { head: { type: 'tool-call', id: 'a', name: 'f', kind: 'function' }, text: '{' };

/** What was sent of parts of which the last is open. */
function sentOf(scripts: readonly PartScript[], choice = 0): SentAnswer {
  const record = new AnswerRecord();
  for (const event of played(scripts, { choice }).slice(0, -4)) record.push(event);
  return record.answer()!;
}

interface Case {
  readonly wanted?: StreamRecovery;
  readonly sent?: SentAnswer | undefined;
  readonly request?: Partial<ChatRequest>;
  readonly target?: Partial<PrefillAsk>;
}

function modeOf({ wanted = 'auto', request, target, ...asked }: Case): string {
  const sent = 'sent' in asked ? asked.sent : sentOf([text]);
  return recoveryMode({ wanted, sent, request: { ...plain, ...request }, target: { ...claude, ...target } });
}

describe('recoveryMode', () => {
  it.each<[StreamRecovery, string, string]>([
    ['auto', 'continue', 'restart'],
    ['continue', 'continue', 'none'],
    ['restart', 'restart', 'restart'],
    ['error', 'none', 'none'],
    ['buffer', 'none', 'none'],
  ])('%s is %s where the target goes on with what was sent, else %s', (wanted, can, cannot) => {
    expect(modeOf({ wanted })).toBe(can);
    expect(modeOf({ wanted, target: { override: false } })).toBe(cannot);
  });

  it.each<[string, Case]>([
    ['a call was begun', { sent: sentOf([text, call]) }],
    ['only thoughts were sent', { sent: sentOf([thought]) }],
    ['thoughts were sent last', { sent: sentOf([text, thought]) }],
    ['nothing but white space was said', { sent: sentOf([{ ...text, text: ' \n' }]) }],
    ['half a character was sent last', { sent: sentOf([{ ...text, text: 'Hi \ud83d' }]) }],
    ['several answers were asked for', { request: { choices: 2 } }],
    ['another answer than the first was sent', { sent: sentOf([text], 1) }],
    ['the answer must be JSON', { request: { outputFormat: { type: 'json' } } }],
    ['a tool must be called', { request: { toolChoice: { type: 'required' } } }],
    ['one tool must be called', { request: { toolChoice: { type: 'tool', name: 'f' } } }],
    [
      'one of some tools must be called',
      { request: { toolChoice: { type: 'allowed', mode: 'required', names: ['f'] } } },
    ],
    [
      'the model is to think, and would refuse',
      { request: { reasoning: { mode: 'on', effort: undefined, budgetTokens: 2_000, summary: undefined } } },
    ],
    [
      'the target would repeat a beginning that the caller gave',
      {
        request: { turns: [{ role: 'assistant', parts: [{ type: 'text', text: 'Well, ' }] }] },
        target: { quirks: { repeatsPrefill: true } },
      },
    ],
    ['the model is too new', { target: { model: 'claude-opus-4-6' } }],
  ])('begins anew where %s', (_name, asked) => {
    expect(modeOf(asked)).toBe('restart');
  });

  it('goes on where thoughts precede the text, and where a model may think', () => {
    expect(modeOf({ sent: sentOf([thought, text]) })).toBe('continue');
    const reasoning = { mode: 'on', effort: 'low', budgetTokens: undefined, summary: undefined } as const;
    const target = { protocol: 'openai-chat', quirks: { assistantPrefill: 'prefix' } } as const;
    expect(modeOf({ request: { reasoning }, target })).toBe('continue');
    expect(modeOf({ request: { reasoning: { ...reasoning, mode: undefined, effort: 'none' } } })).toBe('continue');
  });

  it('does neither with what cannot be compared', () => {
    expect(modeOf({ sent: undefined })).toBe('none');
    const image = {
      type: 'image',
      source: { kind: 'url', url: 'https://example.com/a.png', mediaType: undefined },
    } as const;
    expect(modeOf({ sent: sentOf([text, { head: image, text: '' }]) })).toBe('none');
    expect(modeOf({ request: { modalities: ['text', 'audio'] } })).toBe('none');
    const ended = new AnswerRecord();
    for (const event of played([text])) ended.push(event);
    expect(modeOf({ sent: ended.answer() })).toBe('none');
  });
});

describe('acceptsPrefill', () => {
  it.each<[PrefillAsk['protocol'], string, boolean]>([
    ['anthropic-messages', 'claude-sonnet-4-5-20250929', true],
    ['anthropic-messages', 'claude-3-5-sonnet-20241022', true],
    ['anthropic-messages', 'claude-opus-4-6', false],
    ['anthropic-messages', 'claude-sonnet-5', false],
    ['anthropic-messages', 'claude-sonnet-latest', false],
    ['anthropic-messages', 'some-other-model', false],
    ['bedrock-converse', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', true],
    ['bedrock-converse', 'anthropic.claude-opus-4-6-v1:0', false],
    ['bedrock-converse', 'amazon.nova-pro-v1:0', true],
    ['bedrock-converse', 'us.amazon.nova-2-lite-v1:0', false],
    ['bedrock-converse', 'meta.llama3-1-70b-instruct-v1:0', false],
    ['openai-chat', 'gpt-5', false],
    ['openai-responses', 'gpt-5', false],
    ['gemini', 'gemini-2.5-pro', false],
    ['cohere-chat', 'command-a', false],
  ])('over %s of %s: %s', (protocol, model, expected) => {
    expect(acceptsPrefill({ protocol, quirks: {}, model, override: undefined })).toBe(expected);
    expect(acceptsPrefill({ protocol, quirks: {}, model, override: !expected })).toBe(!expected);
  });

  it('is what is known of a provider', () => {
    const quirks = { assistantPrefill: 'plain' } as const;
    expect(acceptsPrefill({ protocol: 'openai-chat', quirks, model: 'm', override: undefined })).toBe(true);
    expect(acceptsPrefill({ protocol: 'anthropic-messages', quirks, model: 'm', override: undefined })).toBe(true);
  });
});
