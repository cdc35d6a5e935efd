import { isObject, type JsonObject } from '../../canonical/json.ts';
import { toNumber } from '../../framing/exact-json.ts';
import { camelCase } from '../camel-case.ts';

/**
 * JSON Schema out of Google's own `Schema` (of OpenAPI 3.0): types in capitals, `nullable`, whole numbers as text
 * (`"minItems": "2"`, as protocol buffers have them in JSON), the order of properties apart from them.
 */
export function jsonSchema(schema: unknown): unknown {
  if (!isObject(schema)) return schema;
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (value !== null) convert(camelCase(key), value, result);
  }
  return schema['nullable'] === true ? orNull(result) : result;
}

function convert(key: string, value: unknown, result: Record<string, unknown>): void {
  switch (key) {
    case 'type':
      if (value !== 'TYPE_UNSPECIFIED') result['type'] = lowerCase(value);
      return;
    case 'nullable':
    case 'propertyOrdering':
      return;
    case 'properties':
      result[key] = isObject(value) ? properties(value) : value;
      return;
    case 'items':
    case 'additionalProperties':
      result[key] = jsonSchema(value);
      return;
    case 'anyOf':
    case 'oneOf':
    case 'allOf':
    case 'prefixItems':
      result[key] = Array.isArray(value) ? value.map(jsonSchema) : value;
      return;
    case 'example':
      result['examples'] = [value];
      return;
    default:
      result[key] = wholeNumbers.has(key) && typeof value === 'string' ? Number(value) : value;
  }
}

const wholeNumbers = new Set(['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties']);

function properties(value: JsonObject): JsonObject {
  const entries = Object.entries(value).map(([name, schema]) => [name, jsonSchema(schema)] as const);
  return Object.fromEntries(entries);
}

function lowerCase(type: unknown): unknown {
  if (Array.isArray(type)) return type.map(lowerCase);
  if (typeof type === 'string') return type.toLowerCase();
  // Its clients may write enumerations by their numbers.
  return types[toNumber(type) ?? 0] ?? type;
}

/** `Type`, by number; 0 is none. */
const types: readonly (string | undefined)[] = [
  undefined,
  'string',
  'number',
  'integer',
  'boolean',
  'array',
  'object',
  'null',
];

function orNull(schema: JsonObject): JsonObject {
  const { type, anyOf, description, ...rest } = schema;
  if (typeof type === 'string' && rest['enum'] === undefined) return { ...schema, type: [type, 'null'] };
  if (Array.isArray(anyOf)) return { ...schema, anyOf: [...anyOf, { type: 'null' }] };
  // Values of an enumeration must be texts for Google, so null cannot be one of them.
  const told = description === undefined ? {} : { description };
  return { ...told, anyOf: [{ ...(type === undefined ? {} : { type }), ...rest }, { type: 'null' }] };
}
