import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import { type WireCaller, wireCallers } from '../failures/wire-callers.ts';

/** Who asks, and in which wires the first target and the second are asked. */
export interface Lane {
  readonly name: string;
  readonly caller: WireCaller;
  readonly wires: readonly [ProtocolName, ProtocolName];
}

/** A lane, and whether a stream is asked for in it. */
export interface Variant {
  readonly lane: Lane;
  readonly stream: boolean;
  readonly mode: 'stream' | 'unary';
  /** For the title of a test. */
  readonly title: string;
}

const callerOf = (name: string): WireCaller => wireCallers.find((caller) => caller.name === name)!;

/** Everybody speaks the same. */
export const relayed: Lane = lane('relayed', 'openai-chat', ['openai-chat', 'openai-chat']);
/** The second target speaks another wire than the caller and the first. */
export const changing: Lane = lane('changing', 'openai-chat', ['openai-chat', 'anthropic-messages']);
/** A client of one wire over targets of another, and the reverse. */
export const foreignClient: Lane = lane('foreign-client', 'anthropic-messages', ['openai-chat', 'openai-chat']);
export const foreignTargets: Lane = lane('foreign-targets', 'openai-chat', [
  'anthropic-messages',
  'anthropic-messages',
]);

export const lanes: readonly Lane[] = [relayed, changing, foreignClient, foreignTargets];

/** Lanes of the wires that the others leave out, for faults that each wire words or frames in its own way. */
export const otherWires: readonly Lane[] = [
  lane('responses', 'openai-responses', ['openai-responses', 'openai-responses']),
  lane('gemini', 'gemini', ['gemini', 'gemini']),
  lane('gemini-array', 'gemini, as an array', ['gemini', 'gemini']),
  lane('bedrock', 'bedrock-converse', ['bedrock-converse', 'bedrock-converse']),
  lane('cohere', 'cohere-chat', ['cohere-chat', 'cohere-chat']),
  lane('anthropic', 'anthropic-messages', ['anthropic-messages', 'anthropic-messages']),
  lane('gemini-to-bedrock', 'gemini', ['bedrock-converse', 'bedrock-converse']),
  lane('bedrock-to-cohere', 'bedrock-converse', ['cohere-chat', 'cohere-chat']),
  lane('cohere-to-responses', 'cohere-chat', ['openai-responses', 'openai-responses']),
  lane('responses-to-gemini', 'openai-responses', ['gemini', 'gemini']),
];

/** Each lane with each mode, or with the one that is told. */
export function variants(mode?: 'stream' | 'unary', over: readonly Lane[] = lanes): Variant[] {
  const modes = mode === undefined ? (['stream', 'unary'] as const) : [mode];
  return over.flatMap((one) =>
    modes.map((each) => ({
      lane: one,
      stream: each === 'stream',
      mode: each,
      title: `${one.caller.name} over ${[...new Set(one.wires)].join(', then ')}, ${each}`,
    })),
  );
}

function lane(name: string, caller: string, wires: Lane['wires']): Lane {
  return { name, caller: callerOf(caller), wires };
}
