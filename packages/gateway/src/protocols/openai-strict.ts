import type { ChatRequest } from '../canonical/conversation.ts';
import { isObject, type JsonObject } from '../canonical/json.ts';
import { noteDropped } from './note-dropped.ts';
import type { RequestContext } from './protocol.ts';

/**
 * The request with nothing strict that OpenAI would refuse as such: it wants every object closed and each of its properties
 * required, where other providers' strict schemas may leave some out. Its own callers know that, and mean what they say.
 */
export function withStrictSchemas(request: ChatRequest, context: RequestContext): ChatRequest {
  const { origin, outputFormat, tools } = request;
  if (origin === 'openai-chat' || origin === 'openai-responses') return request;
  const isOdd = ({ schema, strict }: { schema: unknown; strict: boolean | undefined }) =>
    strict === true && !isStrictSchema(schema);
  const isOddTool = (tool: ChatRequest['tools'][number]) => tool.type === 'function' && isOdd(tool);
  const hasOddFormat = outputFormat?.type === 'json-schema' && isOdd(outputFormat);
  const hasOddTools = tools.some(isOddTool);
  if (!hasOddFormat && !hasOddTools) return request;
  noteDropped(context, { strictTools: hasOddTools });
  return {
    ...request,
    ...(hasOddFormat ? { outputFormat: { ...outputFormat, strict: false } } : {}),
    tools: hasOddTools ? tools.map((tool) => (isOddTool(tool) ? { ...tool, strict: false } : tool)) : tools,
  };
}

/** Whether OpenAI takes a schema as strict ("Structured model outputs", supported schemas). */
function isStrictSchema(schema: unknown): boolean {
  if (!isObject(schema)) return false;
  if (unknownKeywords.some((key) => schema[key] !== undefined)) return false;
  const { anyOf, items, properties } = schema;
  if (!isStrictObject(schema, properties)) return false;
  const parts = [properties, schema['$defs'], schema['definitions']].filter(isObject).flatMap(Object.values);
  const alternatives: readonly unknown[] = Array.isArray(anyOf) ? anyOf : [];
  return [...parts, ...alternatives, ...(items === undefined ? [] : [items])].every(isStrictPart);
}

const unknownKeywords = [
  'allOf',
  'oneOf',
  'not',
  'dependentRequired',
  'dependentSchemas',
  'if',
  'then',
  'else',
] as const;

/** A schema within another; one that says nothing is left for the provider to judge. */
function isStrictPart(schema: unknown): boolean {
  return (isObject(schema) && Object.keys(schema).length === 0) || isStrictSchema(schema);
}

function isStrictObject({ type, required, additionalProperties }: JsonObject, properties: unknown): boolean {
  const isObjectType = type === 'object' || (Array.isArray(type) && type.includes('object')) || isObject(properties);
  if (!isObjectType) return true;
  if (additionalProperties !== false) return false;
  const names: readonly unknown[] = Array.isArray(required) ? required : [];
  return Object.keys(isObject(properties) ? properties : {}).every((name) => names.includes(name));
}
