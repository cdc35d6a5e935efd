import { scanJson } from '../../framing/json-scan.ts';

/** How deep members are looked at; what lies deeper is of no field of this API. */
const LEVELS = 4;

/**
 * Whether some object of a JSON text has a member twice. `value` is what the text was parsed to, which has the last of both;
 * who wrote it may have meant the first, and so may who looked at it on the way.
 */
export function hasRepeatedMember(json: string, value: unknown): boolean {
  const bytes = Buffer.from(json);
  let written = 0;
  scanJson(bytes, 0, bytes.length, () => {
    written++;
  });
  return written > membersWithin(value, LEVELS);
}

/** Members of objects, down to so many levels; lists are levels, too. */
function membersWithin(value: unknown, levels: number): number {
  if (levels === 0 || typeof value !== 'object' || value === null) return 0;
  const inner = Object.values(value);
  return inner.reduce((sum, one) => sum + membersWithin(one, levels - 1), Array.isArray(value) ? 0 : inner.length);
}
