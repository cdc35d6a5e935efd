import { isObject, type JsonObject } from '../../src/canonical/json.ts';

/**
 * One form for the many that mean the same on Gemini's wire, so that requests can be compared. What it evens out:
 *
 * 1. members spelled with underscores;
 * 2. a single object where a list is meant;
 * 3. the role of `systemInstruction`, which means nothing, and that of contents, which is the user's when left out;
 * 4. contents of one role that follow one another;
 * 5. `parameters` and `responseSchema` in Google's own schema language: they are sent as JSON Schema;
 * 6. functions in several entries of `tools`;
 * 7. a function's plain text under `output`: it is sent under `result`;
 * 8. letters of enumerations, capital or small, and types that are written by their numbers;
 * 9. an empty `generationConfig`, `tools` or `toolConfig`;
 * 10. left out because it is not ours to send: `model` (it is in the path), `cachedContent` (told as unknown).
 */
export function wireForm(value: unknown): JsonObject {
  const body = spelled(value) as Record<string, unknown>;
  const { model: _model, cachedContent: _cached, systemInstruction, contents, tools, generationConfig, ...rest } = body;
  return {
    ...rest,
    ...(isObject(generationConfig) && Object.keys(generationConfig).length > 0 ? { generationConfig } : {}),
    ...(systemInstruction === undefined
      ? {}
      : { systemInstruction: { parts: listed((systemInstruction as JsonObject)['parts']) } }),
    contents: joined(listed(contents)),
    ...(Array.isArray(tools) && tools.length > 0 ? { tools: toolsOf(tools as JsonObject[]) } : {}),
  };
}

const opaque = new Set(['args', 'parametersJsonSchema', 'responseJsonSchema', 'labels']);
const schemas: Readonly<Record<string, string>> = {
  parameters: 'parametersJsonSchema',
  responseSchema: 'responseJsonSchema',
};
const enumerations = new Set(['mode', 'thinkingLevel']);

function spelled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(spelled);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(
    entries.map(([name, member]) => {
      const key = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
      if (key in schemas) return [schemas[key]!, schema(member)];
      if (enumerations.has(key)) return [key, String(member).toUpperCase()];
      if (key === 'response') return [key, responseOf(member as JsonObject)];
      return [key, opaque.has(key) ? member : spelled(member)];
    }),
  );
}

function schema(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(schema);
  if (!isObject(value)) return value;
  const { nullable, propertyOrdering: _order, property_ordering: _ordering, ...rest } = value;
  const entries = Object.entries(rest).map(([key, member]) => [
    key,
    key === 'enum' ? member : key === 'properties' ? properties(member) : schema(member),
  ]);
  const result = Object.fromEntries(entries) as Record<string, unknown>;
  if (typeof result['type'] === 'string') result['type'] = result['type'].toLowerCase();
  else if (typeof result['type'] === 'number') result['type'] = numberedTypes[result['type']];
  if (nullable !== true) return result;
  const { description, ...typed } = result;
  if (result['enum'] !== undefined) return { description, anyOf: [typed, { type: 'null' }] };
  return { ...result, type: [result['type'], 'null'] };
}

const numberedTypes = ['', 'string', 'number', 'integer', 'boolean', 'array', 'object', 'null'];

function properties(value: unknown): unknown {
  return Object.fromEntries(Object.entries(value as JsonObject).map(([key, member]) => [key, schema(member)]));
}

function responseOf(response: JsonObject): JsonObject {
  const { output } = response;
  return typeof output === 'string' && Object.keys(response).length === 1 ? { result: output } : response;
}

function listed(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? (value as JsonObject[]) : [value as JsonObject];
}

function joined(contents: readonly JsonObject[]): readonly JsonObject[] {
  const result: { role: unknown; parts: JsonObject[] }[] = [];
  for (const { role = 'user', parts } of contents) {
    const last = result.at(-1);
    if (last !== undefined && last.role === role) last.parts.push(...listed(parts));
    else result.push({ role, parts: [...listed(parts)] });
  }
  return result;
}

function toolsOf(tools: readonly JsonObject[]): readonly JsonObject[] {
  const functions = tools.flatMap(
    ({ functionDeclarations }) => (functionDeclarations as JsonObject[] | undefined) ?? [],
  );
  const others = tools.filter((tool) => !('functionDeclarations' in tool));
  return functions.length > 0 ? [{ functionDeclarations: functions }, ...others] : others;
}
