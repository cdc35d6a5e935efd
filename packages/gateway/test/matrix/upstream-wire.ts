import type { AttemptRecord } from '@llm-gateway/simulator';
import type { ProtocolName } from '../../src/canonical/protocol-name.ts';
import type { Counts, Json } from './wire-client.ts';

/** What a provider was asked, read from its wire's own words. */
export interface Seen {
  readonly model: string;
  readonly stream: boolean;
  readonly system: string;
  /** What the user said, in order. */
  readonly texts: readonly string[];
  /** Pictures as `type;base64,data`. */
  readonly images: readonly string[];
  readonly tools: readonly SeenTool[];
  /** Calls of the conversation, each with the result that belongs to it. */
  readonly calls: readonly SeenCall[];
  readonly maxTokens: unknown;
  readonly schema: unknown;
  readonly isToThink: boolean;
  /** Thoughts of earlier turns that can be read, and what proves them. */
  readonly thoughts: string;
  readonly signatures: readonly string[];
  /** Thoughts of earlier turns that only the provider can read. */
  readonly hidden: readonly string[];
}

export interface SeenTool {
  readonly name: unknown;
  readonly description: unknown;
  readonly schema: unknown;
}

export interface SeenCall {
  readonly id: unknown;
  readonly name: unknown;
  readonly input: unknown;
  readonly result: string;
}

/** One wire, as a provider reads it. */
export interface UpstreamWire {
  readonly wire: ProtocolName;
  /** Who speaks it natively: its place for keys and its dialect. */
  readonly provider: string;
  /** Path of the root of its API, as operators write it. */
  readonly root: string;
  /** A model of whose family the wire's answers with thoughts are. */
  readonly model: string;
  /** Whether it proves what was thought, and wants that back. */
  readonly signs: boolean;
  /** Whether it may hide what was thought, and wants that back too. */
  readonly hides: boolean;
  /** Whether thoughts go back to it without a proof. */
  readonly takesUnsignedThoughts: boolean;
  /** What it is to answer so that its usage means `counts`. */
  readonly usage: Json;
  readonly counts: Counts;
  /** The path asked for; throws where it is not one of the wire. */
  readonly read: (attempt: AttemptRecord) => Seen;
}

/** Reads results by the id of the call. */
export function resultsById(entries: readonly (readonly [id: unknown, text: string])[]): (id: unknown) => string {
  const results = new Map(entries);
  if (results.size !== entries.length) throw new Error('Two results have one id.');
  return (id) => results.get(id) ?? '(none)';
}
