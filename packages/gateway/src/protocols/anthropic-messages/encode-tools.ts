import type { ChatRequest, Tool } from '../../canonical/conversation.ts';
import { GatewayError } from '../../canonical/gateway-error.ts';
import { asObject, type JsonObject } from '../../canonical/json.ts';
import { cacheMember } from './parts.ts';
import { strictSchema } from './strict-schema.ts';
import { WIRE } from './wire.ts';

/** The tools that may be used: where the choice is among some only, the others are not offered. */
export function encodeTools({ origin, tools, toolChoice }: ChatRequest): readonly unknown[] {
  const isOwn = origin === WIRE;
  const offered = toolChoice?.type === 'allowed' ? tools.filter(({ name }) => toolChoice.names.includes(name)) : tools;
  return offered.map((tool) => encodeTool(tool, isOwn));
}

/** `tool_choice`; it is refused where there are no tools. */
export function encodeToolChoice({ tools, toolChoice, parallelToolCalls }: ChatRequest): JsonObject | undefined {
  if (tools.length === 0) return undefined;
  if (toolChoice?.native?.origin === WIRE) return asObject(toolChoice.native.value);
  const parallel = parallelToolCalls === undefined ? {} : { disable_parallel_tool_use: !parallelToolCalls };
  const type = toolChoice?.type === 'allowed' ? toolChoice.mode : toolChoice?.type;
  switch (type) {
    case undefined:
      return parallelToolCalls === undefined ? undefined : { type: 'auto', ...parallel };
    case 'none':
      return { type };
    case 'required':
      return { type: 'any', ...parallel };
    case 'tool':
      return { type, name: toolChoice?.type === 'tool' ? toolChoice.name : '', ...parallel };
    default:
      return { type, ...parallel };
  }
}

function encodeTool(tool: Tool, isOwn: boolean): unknown {
  switch (tool.type) {
    case 'function': {
      const { name, description, schema, strict, cache, native } = tool;
      if (isOwn && native?.origin === WIRE) return native.value;
      return {
        name,
        description,
        input_schema: isOwn && schema !== undefined ? schema : inputSchema(schema, strict),
        strict,
        ...cacheMember(cache),
      };
    }
    case 'builtin':
      if (tool.origin === WIRE) return tool.value;
  }
  throw new GatewayError(
    'invalid_request',
    `The tool ${tool.name} is of a kind that this model's provider does not have.`,
  );
}

/** The wire insists on a schema, and on its being one of an object. */
function inputSchema(schema: unknown, strict: boolean | undefined): JsonObject {
  const object = asObject(strict === true ? strictSchema(schema) : schema);
  if (!object) return { type: 'object', properties: {} };
  return object['type'] === 'object' ? object : { ...object, type: 'object' };
}
