import { createHash } from 'node:crypto';

/** OpenAI refuses longer ids of tool calls; other wires' can be several times as long. */
const LONGEST = 40;

/**
 * The id of a call as an upstream takes it. The same id becomes the same everywhere in a conversation, and in later
 * ones. `length` is that of ids at providers that take no other.
 */
export function callIdFor(id: string, length: number | undefined): string {
  if (length === undefined) return id.length <= LONGEST ? id : `call_${hash(id).slice(0, 32)}`;
  return id.length === length && /^[A-Za-z0-9]+$/.test(id) ? id : hash(id).slice(0, length);
}

function hash(id: string): string {
  return createHash('sha256').update(id).digest('hex');
}
