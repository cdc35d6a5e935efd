import { isRecord, type Json } from './json.ts';

/**
 * A value that fits a JSON schema well enough to be a function's argument or a structured answer: every property, the
 * first of an enum or of alternatives. Google's types in capitals are understood.
 */
export function sampleValue(schema: unknown): unknown {
  return sample(schema, { root: schema, depth: 0 });
}

interface Place {
  /** The whole schema, to which references are relative. */
  readonly root: unknown;
  readonly depth: number;
}

const maximumDepth = 8;

function sample(given: unknown, place: Place): unknown {
  const schema = resolve(given, place);
  if (schema === undefined || place.depth > maximumDepth) return {};
  if (schema['const'] !== undefined) return schema['const'];
  const { enum: choices, properties } = schema;
  if (Array.isArray(choices) && choices.length > 0) return choices[0];
  const deeper = { ...place, depth: place.depth + 1 };
  const alternatives = schema['anyOf'] ?? schema['oneOf'];
  if (Array.isArray(alternatives) && alternatives.length > 0) return sample(alternatives[0], deeper);
  if (Array.isArray(schema['allOf'])) return sampleAll(schema['allOf'], deeper);
  switch (typeOf(schema)) {
    case 'string':
      return 'Zürich';
    case 'number':
      return within(schema, 1.5);
    case 'integer':
      return within(schema, 7);
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'array':
      return sampleArray(schema, deeper);
    default:
      return sampleObject(properties, deeper);
  }
}

function typeOf({ type }: Json): string {
  const first: unknown = Array.isArray(type) ? type[0] : type;
  return typeof first === 'string' ? first.toLowerCase() : '';
}

// Follows `#/$defs/name`; a reference to anywhere else has no value.
function resolve(schema: unknown, { root }: Place): Json | undefined {
  let found = schema;
  for (let hops = 0; isRecord(found) && typeof found['$ref'] === 'string'; hops++) {
    const [start, ...path] = found['$ref'].split('/');
    if (start !== '#' || hops > maximumDepth) return undefined;
    found = path.reduce<unknown>((inner, name) => (isRecord(inner) ? inner[name] : undefined), root);
  }
  return isRecord(found) ? found : undefined;
}

function sampleArray({ items, minItems }: Json, place: Place): unknown[] {
  // A list that may be empty is where a schema that contains itself ends.
  if (place.depth > maximumDepth / 2 && !(Number(minItems) > 0)) return [];
  const length = Math.min(16, Math.max(1, Number(minItems) || 1));
  return Array.from({ length }, () => sample(items, place));
}

function sampleAll(parts: readonly unknown[], place: Place): unknown {
  const values = parts.map((part) => sample(part, place));
  return values.every(isRecord) ? Object.assign({}, ...values) : values[0];
}

function sampleObject(properties: unknown, place: Place): Record<string, unknown> {
  if (!isRecord(properties)) return {};
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, sample(schema, place)]));
}

function within({ minimum, maximum }: Json, value: number): number {
  const low = typeof minimum === 'number' ? minimum : -Infinity;
  const high = typeof maximum === 'number' ? maximum : Infinity;
  return Math.min(high, Math.max(low, value));
}
