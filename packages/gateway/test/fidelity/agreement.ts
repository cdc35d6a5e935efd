import { isDeepStrictEqual } from 'node:util';
import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import type { Call, FinishClass, Reading } from './wires/reading.ts';
import { at, parsedArguments } from './wires/wire-value.ts';

/** Words that a wire lacks, and what its clients are told instead. */
const finishes: Readonly<Record<ProtocolName, Readonly<Partial<Record<FinishClass, FinishClass>>>>> = {
  'openai-chat': { refusal: 'filter', paused: 'stop', other: 'stop' },
  'openai-responses': { refusal: 'stop', paused: 'stop', other: 'stop' },
  'anthropic-messages': { filter: 'refusal', other: 'stop' },
  gemini: { refusal: 'filter', paused: 'other' },
  'bedrock-converse': { refusal: 'filter', paused: 'stop', other: 'stop' },
  'cohere-chat': { refusal: 'stop', paused: 'length', other: 'stop' },
};

/** Wires in which a refusal is a text like any other. */
const withoutRefusals: ReadonlySet<ProtocolName> = new Set([
  'anthropic-messages',
  'gemini',
  'bedrock-converse',
  'cohere-chat',
]);

/** Wires whose clients can ask for several answers. */
const withChoices: ReadonlySet<ProtocolName> = new Set(['openai-chat', 'gemini']);

/** What a client of a wire is to read, given what was recorded on one. */
export function expectedOf(recorded: Reading, wire: ProtocolName, client: ProtocolName): Reading {
  // Gemini's streams end with a word for it, or they just end.
  const isWhole = wire === 'gemini' && client === 'gemini' ? recorded.isWhole : true;
  if (wire === client) return { ...recorded, isWhole };
  const isText = withoutRefusals.has(client);
  // An answer without a word for its end has ended all the same.
  const finish = recorded.finish ?? (recorded.calls.length > 0 ? 'tools' : 'other');
  const told = finishes[client][finish] ?? finish;
  return {
    ...recorded,
    text: isText ? recorded.text + recorded.refusal : recorded.text,
    refusal: isText ? '' : recorded.refusal,
    calls: recorded.calls.map(plainCall),
    // This wire tells a refusal by what the answer holds.
    finish: client === 'openai-responses' && told === 'stop' && recorded.refusal !== '' ? 'refusal' : told,
    others: withChoices.has(client) ? recorded.others : [],
    isWhole,
  };
}

const compared = ['text', 'refusal', 'finish', 'others', 'isWhole'] as const;

/** Names of what differs, usage only where it was recorded. */
export function differences(expected: Reading, read: Reading): string[] {
  const found: string[] = compared.filter((key) => !isDeepStrictEqual(expected[key], read[key]));
  // Pieces of a summary are joined by lines that are nobody's words.
  if (withoutSpaces(expected.reasoning) !== withoutSpaces(read.reasoning)) found.push('reasoning');
  if (!isDeepStrictEqual(expected.calls.map(plainCall), read.calls.map(plainCall))) found.push('calls');
  if (expected.usage && !isDeepStrictEqual(expected.usage, read.usage)) found.push('usage');
  if ((expected.error === undefined) !== (read.error === undefined)) found.push('error');
  if (read.faults.length > 0 && expected.faults.length === 0) found.push(...read.faults);
  return found;
}

/** A provider that failed under status 200: an error in its answer, or nothing at all. */
export function isFailed(recorded: Reading): boolean {
  const { text, refusal, reasoning, calls, hasMedia, finish, error } = recorded;
  if (error !== undefined) return true;
  return finish === undefined && text + refusal + reasoning === '' && calls.length === 0 && !hasMedia;
}

/** Where a wire's arguments are an object, text that is none stands in a member of one. */
function plainCall({ name, arguments: value }: Call): Call {
  const only = typeof value === 'object' && value !== null && Object.keys(value).length === 1;
  const text = only ? (at(value, 'unreadable_arguments') ?? at(value, 'input')) : undefined;
  return { name, arguments: typeof text === 'string' ? parsedArguments(text) : value };
}

function withoutSpaces(text: string): string {
  return text.replace(/\s+/g, '');
}
