import { isObject, type JsonObject } from '../canonical/json.ts';
import { parseExact } from '../framing/exact-json.ts';

/** Some members of a body that was written, as when a smaller request is made of a whole one. */
export function pickMembers(body: Buffer, names: readonly string[]): JsonObject {
  const value = parseExact(body.toString('utf8'));
  if (!isObject(value)) return {};
  return Object.fromEntries(names.filter((name) => value[name] !== undefined).map((name) => [name, value[name]]));
}
