import type { ChatAnswer, Choice, FinishReason } from '../../src/canonical/chat-answer.ts';
import type { Part } from '../../src/canonical/conversation.ts';
import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import type { Usage } from '../../src/canonical/usage.ts';
import { parseExact } from '../../src/framing/exact-json.ts';

/** What of an answer no translation may lose. */
export interface ToldAnswer {
  readonly choices: readonly ToldChoice[];
  /** Undefined: the stream told none. */
  readonly usage: ToldUsage | undefined;
}

interface ToldChoice {
  readonly index: number;
  readonly parts: readonly ToldPart[];
  readonly finish: FinishReason;
}

/** Texts of one kind that follow one another are one: wires cut them as they please. */
type ToldPart =
  | readonly [type: 'text' | 'refusal' | 'reasoning', text: string]
  | readonly [type: 'call', id: string, name: string, input: unknown];

interface ToldUsage {
  readonly input: number;
  readonly output: number;
  readonly cached: number;
  readonly reasoning: number;
}

/** Finish reasons that a wire has no word for, and the nearest that it has. */
const finishes: Readonly<Record<ProtocolName, Readonly<Partial<Record<FinishReason, FinishReason>>>>> = {
  'openai-chat': { 'stop-sequence': 'stop', refusal: 'content-filter', paused: 'length', other: 'stop' },
  'openai-responses': {
    'stop-sequence': 'stop',
    refusal: 'content-filter',
    paused: 'length',
    other: 'stop',
    'tool-calls': 'stop',
  },
  'anthropic-messages': { 'content-filter': 'refusal', other: 'stop' },
  gemini: {
    'stop-sequence': 'stop',
    refusal: 'content-filter',
    paused: 'length',
    other: 'content-filter',
    'tool-calls': 'stop',
  },
  'bedrock-converse': { refusal: 'content-filter', paused: 'length', other: 'stop' },
  'cohere-chat': { refusal: 'content-filter', paused: 'length', other: 'stop' },
};

/** Wires on which calls turn a plain end into one for tools. */
const saysCalls: ReadonlySet<ProtocolName> = new Set([
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'gemini',
]);
const hasRefusals: ReadonlySet<ProtocolName> = new Set(['openai-chat', 'openai-responses']);
const hasCustomCalls: ReadonlySet<ProtocolName> = new Set(['openai-chat', 'openai-responses']);
const hasChoices: ReadonlySet<ProtocolName> = new Set(['openai-chat', 'gemini']);
/** Bedrock's usage does not tell tokens of thought apart. */
const withoutReasoningTokens: ReadonlySet<ProtocolName> = new Set(['bedrock-converse']);

/** Cohere's chat has no place for the tokens that providers want back with their thoughts. */
const withoutSignatures: ReadonlySet<ProtocolName> = new Set(['cohere-chat']);

/** The tokens of an answer's thoughts, as far as clients of a wire can be given them. */
export function signaturesToldBy(wire: ProtocolName, { choices }: ChatAnswer): readonly string[] {
  if (withoutSignatures.has(wire)) return [];
  return choices
    .filter(({ index }) => index === 0 || hasChoices.has(wire))
    .flatMap(({ parts }) =>
      parts.flatMap((part) =>
        part.type === 'reasoning' && part.signature ? [`${part.signature.origin}:${part.signature.value}`] : [],
      ),
    );
}

/** An answer as clients of a wire can be told it. */
export function toldBy(wire: ProtocolName, { choices, usage }: ChatAnswer): ToldAnswer {
  return {
    choices: choices
      .filter(({ index }) => index === 0 || hasChoices.has(wire))
      .map((choice) => toldChoice(wire, choice)),
    usage: usage && toldUsage(wire, usage),
  };
}

function toldChoice(wire: ProtocolName, { index, parts, finish }: Choice): ToldChoice {
  const told = joined(parts.flatMap((part) => toldPart(wire, part)));
  // These wires call a refusal in the model's own words a whole answer.
  const isCohere = wire === 'cohere-chat' && finish.reason === 'refusal';
  const isWhole =
    (wire === 'openai-responses' && finish.raw === 'completed') ||
    (isCohere && parts.some(({ type }) => type === 'refusal'));
  const reason = isWhole ? 'stop' : (finishes[wire][finish.reason] ?? finish.reason);
  return { index, parts: told, finish: finishWith(wire, reason, parts) };
}

function finishWith(wire: ProtocolName, reason: FinishReason, parts: readonly Part[]): FinishReason {
  if (reason !== 'stop' || !saysCalls.has(wire)) return reason;
  if (wire !== 'openai-responses') return parts.some(({ type }) => type === 'tool-call') ? 'tool-calls' : reason;
  // This wire has no word at all: what the answer holds tells.
  const last = parts.findLast(({ type }) => type === 'text' || type === 'refusal' || type === 'tool-call');
  const isCalled = parts.some((part) => part.type === 'tool-call' && part.kind === 'function');
  if (isCalled || (last?.type === 'tool-call' && last.kind === 'custom')) return 'tool-calls';
  return parts.some(({ type }) => type === 'refusal') ? 'refusal' : reason;
}

function toldPart(wire: ProtocolName, part: Part): ToldPart[] {
  switch (part.type) {
    case 'text':
    case 'reasoning':
      return part.text === '' ? [] : [[part.type, part.text]];
    case 'refusal':
      return part.text === '' ? [] : [[hasRefusals.has(wire) ? 'refusal' : 'text', part.text]];
    case 'tool-call': {
      const { id, name, kind, arguments: text } = part;
      if (kind === 'function') return [['call', id, name, inputOf(text)]];
      return [['call', id, name, hasCustomCalls.has(wire) ? text : { input: text }]];
    }
    default:
      // Pictures and what only one wire knows are compared nowhere: most wires have no place for them.
      return [];
  }
}

function joined(parts: readonly ToldPart[]): ToldPart[] {
  const result: ToldPart[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (last && part[0] !== 'call' && last[0] === part[0]) result[result.length - 1] = [part[0], last[1] + part[1]];
    else result.push(part);
  }
  return result;
}

function inputOf(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return parseExact(text);
  } catch {
    return text;
  }
}

function toldUsage(wire: ProtocolName, { input, output, cachedInput = 0, reasoning = 0 }: Usage): ToldUsage {
  return { input, output, cached: cachedInput, reasoning: withoutReasoningTokens.has(wire) ? 0 : reasoning };
}
