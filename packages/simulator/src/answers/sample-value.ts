/** A value that fits a JSON schema well enough to be a function's argument: every property, the first of an enum. */
export function sampleValue(schema: unknown, depth = 0): unknown {
  if (typeof schema !== 'object' || schema === null || depth > 8) return {};
  const { type, enum: choices, properties, items } = schema as Record<string, unknown>;
  if (Array.isArray(choices) && choices.length > 0) return choices[0];
  switch (Array.isArray(type) ? type[0] : type) {
    case 'string':
      return 'Zürich';
    case 'number':
      return 1.5;
    case 'integer':
      return 7;
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'array':
      return [sampleValue(items, depth + 1)];
    default:
      return sampleObject(properties, depth);
  }
}

function sampleObject(properties: unknown, depth: number): Record<string, unknown> {
  if (typeof properties !== 'object' || properties === null) return {};
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, sampleValue(schema, depth + 1)]));
}
