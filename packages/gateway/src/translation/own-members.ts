import type { ChatRequest } from '../canonical/conversation.ts';
import { isObject, type JsonObject } from '../canonical/json.ts';
import { parseExact, writeExact } from '../framing/exact-json.ts';
import { spellingIn } from '../protocols/unread-members.ts';

/**
 * The request with the values of what the vocabulary has no word for. A body that is written anew for an upstream of its
 * own wire, as where another wire has left its marks in it, must not lose them: a guardrail, a region, a cached prompt.
 */
export function noteOwnMembers(request: ChatRequest, body: JsonObject): ChatRequest {
  const { unknownMembers, hintMembers = [] } = request;
  if (unknownMembers.length + hintMembers.length === 0) return request;
  const ownMembers = new Map<string, unknown>();
  for (const path of [...unknownMembers, ...hintMembers]) {
    const value = valueAt(body, keysOf(path));
    if (value !== undefined && value !== null) ownMembers.set(path, value);
  }
  return { ...request, ownMembers };
}

/** A body for an upstream of the caller's own wire, with those members in their places. */
export function withOwnMembers(body: Buffer, members: ReadonlyMap<string, unknown>): Buffer {
  if (members.size === 0) return body;
  const whole = parseExact(body.toString('utf8'));
  if (!isObject(whole)) return body;
  for (const [path, value] of members) setAt(whole, keysOf(path), value);
  return Buffer.from(writeExact(whole));
}

/** Whether an upstream of the caller's own wire gets a member: those in lists go with what they stand in. */
export function isOwnKept({ ownMembers }: ChatRequest, path: string): boolean {
  return path.includes('[') || ownMembers?.has(path) === true;
}

/** The names on the way to a member; none where it stands in a list, whose entries move when they are written anew. */
function keysOf(path: string): readonly string[] {
  const keys = path.includes('[') ? [] : path.split('.');
  return keys.includes('__proto__') ? [] : keys;
}

function valueAt(body: JsonObject, keys: readonly string[]): unknown {
  if (keys.length === 0) return undefined;
  let value: unknown = body;
  for (const key of keys) value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
}

function setAt(body: JsonObject, keys: readonly string[], value: unknown): void {
  let holder = body as Record<string, unknown>;
  for (const [depth, key] of keys.slice(0, -1).entries()) {
    const name = spellingIn(holder, key);
    const inner = Object.hasOwn(holder, name) ? holder[name] : depth === 0 ? {} : undefined;
    // What it stood in is said otherwise: half of an object would be worse than none.
    if (!isObject(inner)) return;
    holder[name] = inner;
    holder = inner as Record<string, unknown>;
  }
  holder[keys.at(-1)!] = value;
}
