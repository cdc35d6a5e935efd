import { asObject, isObject, type JsonObject } from '../canonical/json.ts';
import type { StickyBy } from '../config/gateway-config.ts';

/** What is known of a request that could keep it together with others. */
export interface StickySource {
  /** Who asks, as limits count it: a hash of the key, or `anonymous`. */
  readonly identity: string;
  /** A request header by lower-case name. */
  readonly header: (name: string) => string | undefined;
  /** What the body was parsed to; undefined when it is not JSON. */
  readonly body: unknown;
}

/**
 * What keeps a request together with others on one target, as a number of 32 bits that is the same in every process.
 * Undefined where there is nothing: nobody can be told apart among callers without a key.
 */
export function stickyHashOf(by: StickyBy, { identity, header, body }: StickySource): number | undefined {
  switch (by.kind) {
    case 'key':
      return identity === 'anonymous' ? undefined : hashText(identity);
    case 'header': {
      const value = header(by.name);
      return value === undefined || value === '' ? undefined : hashText(value);
    }
    case 'conversation':
      return isObject(body) ? conversationHash(body) : undefined;
  }
}

/** The text as a number of 32 bits, evenly spread (FNV-1a over its UTF-16 units, then mixed). */
export function hashText(text: string): number {
  return mixBits(addText(FNV_BASIS, text, 0, text.length));
}

/** Spreads a number of 32 bits: each bit of it decides about half of the bits of the result (MurmurHash3's finalizer). */
export function mixBits(bits: number): number {
  let mixed = bits;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

const FNV_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * What all turns of a conversation have in common and conversations differ in: the instructions, and the turns up to
 * the first of the user. That is also what providers' prompt caches begin with. Undefined where there is none of it.
 */
function conversationHash(body: JsonObject): number | undefined {
  // Who says which requests share a cache knows best.
  const told = body['prompt_cache_key'];
  if (typeof told === 'string' && told !== '') return hashText(told);
  const beginning = new Beginning();
  for (const member of instructionMembers) beginning.add(body[member], 0);
  for (const member of turnMembers) addFirstTurns(beginning, body[member]);
  return beginning.hash();
}

/** Members that hold instructions or turns, in one wire or another. */
const instructionMembers = ['system', 'instructions', 'systemInstruction', 'system_instruction', 'preamble'] as const;
const turnMembers = ['messages', 'contents', 'input', 'prompt'] as const;
/** Turns looked at, should none be the user's. */
const MAX_TURNS = 8;

function addFirstTurns(beginning: Beginning, turns: unknown): void {
  if (!Array.isArray(turns)) {
    beginning.add(turns, 0);
    return;
  }
  for (let index = 0; index < turns.length && index < MAX_TURNS; index++) {
    const turn: unknown = turns[index];
    beginning.add(turn, 0);
    const role = asObject(turn)?.['role'];
    // A turn without a role is the user's, as far as a wire lets it be left out.
    if (role === 'user' || role === undefined) return;
  }
}

/** Texts read at most, characters of each end of one, and how deep they may lie: a hash needs no more. */
const MAX_TEXTS = 64;
const END_LENGTH = 256;
const MAX_DEPTH = 6;

/**
 * Members without a say: clients move the marks of caches from turn to turn, and write the same turn as a text or as a
 * list of parts.
 */
const silentMembers: ReadonlySet<string> = new Set(['role', 'type', 'id', 'status', 'cache_control', 'cachePoint']);

/** The texts that a conversation begins with, hashed as they come. */
class Beginning {
  #hash = FNV_BASIS;
  #texts = 0;

  add(value: unknown, depth: number): void {
    if (typeof value === 'string') this.#addText(value);
    else if (typeof value !== 'object' || value === null || depth >= MAX_DEPTH) return;
    else if (Array.isArray(value)) for (const item of value) this.#addWithin(item, depth);
    else for (const [key, member] of Object.entries(value)) if (!silentMembers.has(key)) this.#addWithin(member, depth);
  }

  hash(): number | undefined {
    return this.#texts === 0 ? undefined : mixBits(this.#hash);
  }

  #addWithin(value: unknown, depth: number): void {
    if (this.#texts < MAX_TEXTS) this.add(value, depth + 1);
  }

  #addText(text: string): void {
    this.#texts++;
    const { length } = text;
    this.#hash = Math.imul(this.#hash ^ length, FNV_PRIME);
    this.#hash = addText(this.#hash, text, 0, Math.min(length, END_LENGTH));
    if (length > END_LENGTH) this.#hash = addText(this.#hash, text, Math.max(END_LENGTH, length - END_LENGTH), length);
  }
}

function addText(hash: number, text: string, from: number, to: number): number {
  let sum = hash;
  for (let index = from; index < to; index++) sum = Math.imul(sum ^ text.charCodeAt(index), FNV_PRIME);
  return sum;
}
