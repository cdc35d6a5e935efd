import { isObject, type JsonObject } from '../../canonical/json.ts';
import { toNumber, writeExact } from '../../framing/exact-json.ts';

/**
 * A JSON Schema as the provider's constrained decoding takes it: every object closed, and none of the keywords that it
 * answers with 400 ("For 'integer' type, property 'minimum' is not supported"). What they said is told to the model in
 * the description instead, as the provider's own client libraries do it.
 */
export function strictSchema(schema: unknown): unknown {
  if (!isObject(schema)) return schema;
  const result: Record<string, unknown> = {};
  const told: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (isTold(key, value)) told[key] = value;
    else if (key !== '$schema') result[key === 'oneOf' ? 'anyOf' : key] = inner(key, value);
  }
  if (isClosable(schema)) result['additionalProperties'] = false;
  if (Object.keys(told).length > 0) result['description'] = describe(schema['description'], told);
  return result;
}

/** Keywords of bounds and patterns of the whole; `minItems` of 0 and 1 are known. */
const bounds = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
]);

const formats = new Set(['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid']);

function isTold(key: string, value: unknown): boolean {
  if (key === 'minItems') return value !== 0 && value !== 1;
  if (key === 'format') return typeof value === 'string' && !formats.has(value);
  // Said of a number or a string these are values; where a schema stands, the word is a property's name.
  return bounds.has(key) && (toNumber(value) !== undefined || !isObject(value));
}

const maps = new Set(['properties', '$defs', 'definitions']);
const lists = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems']);

function inner(key: string, value: unknown): unknown {
  if (maps.has(key) && isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, strictSchema(schema)]));
  }
  if (lists.has(key) && Array.isArray(value)) return value.map(strictSchema);
  return key === 'items' ? strictSchema(value) : value;
}

/** An object of free form (`additionalProperties` is a schema) cannot be said, and is left for the provider to refuse. */
function isClosable(schema: JsonObject): boolean {
  const { type, properties, additionalProperties } = schema;
  const isObjectType = type === 'object' || (Array.isArray(type) && type.includes('object')) || isObject(properties);
  return isObjectType && !isObject(additionalProperties);
}

function describe(description: unknown, told: JsonObject): string {
  const hint = writeExact(told);
  return typeof description === 'string' && description !== '' ? `${description}\n\n${hint}` : hint;
}
