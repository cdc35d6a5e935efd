import type { ChatRequest } from '../canonical/conversation.ts';
import { isObject, type JsonObject } from '../canonical/json.ts';
import { parseExact, writeExact } from '../framing/exact-json.ts';

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
  for (const key of keys.slice(0, -1)) {
    const name = spellingIn(holder, key);
    const inner = Object.hasOwn(holder, name) ? holder[name] : undefined;
    const next = isObject(inner) ? inner : {};
    holder[name] = next;
    holder = next as Record<string, unknown>;
  }
  holder[keys.at(-1)!] = value;
}

/** `generation_config` and `generationConfig` are one member to who reads protocol buffers in JSON. */
function spellingIn(holder: object, key: string): string {
  if (Object.hasOwn(holder, key)) return key;
  const other = key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return Object.hasOwn(holder, other) ? other : key;
}
