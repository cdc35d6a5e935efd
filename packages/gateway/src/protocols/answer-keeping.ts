import type { GatewayError } from '../canonical/gateway-error.ts';
import type { JsonObject } from '../canonical/json.ts';

/** One item of a conversation that is kept: its JSON as it will be shown and sent again. */
export interface KeptItem {
  readonly id: string;
  readonly json: string;
}

/** What a request refers to instead of saying it again. */
export interface AnswerReferences {
  /** Id of the answer that it goes on from. */
  readonly previous: string | undefined;
  /** Ids of single items, in order. */
  readonly items: readonly string[];
}

export interface InputReading {
  /** Items that stand in the place of references to them, by id; what is not among them stays a reference. */
  readonly recalled: ReadonlyMap<string, KeptItem>;
  /** Letters and digits, another for each request: to make ids of items that have none. */
  readonly idSeed: string;
}

/** How the answers of a wire are kept, and how its requests refer to what was kept. Pure and synchronous. */
export interface AnswerKeeping {
  readReferences(body: JsonObject): AnswerReferences;
  /** Whether an id is one that the gateway gave: no upstream knows it. */
  isOwnId(id: string): boolean;
  /** Whether a body names such an id; by its bytes, since nearly none does. */
  namesOwnId(body: Buffer): boolean;
  /** Whether the caller wants the answer kept. */
  isWanted(body: JsonObject): boolean;
  /** What the request itself says, each item with an id. The body has been decoded without complaint. */
  readInput(body: JsonObject, reading: InputReading): readonly KeptItem[];
  /** The request that says all of `input` itself. `previous`: what it goes on from nevertheless. */
  withInput(body: JsonObject, input: readonly KeptItem[], previous: string | undefined): JsonObject;
  /** Id and items of a whole answer, as the wire's clients get it. */
  readAnswer(answer: JsonObject): { readonly id: string; readonly items: readonly KeptItem[] };
  /** The error for an answer that is not there, in the words that the wire's clients know. */
  missingAnswer(id: string): GatewayError;
  missingItem(id: string): GatewayError;
}
