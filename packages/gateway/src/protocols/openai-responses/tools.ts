import type { ChatRequest, Tool, ToolChoice } from '../../canonical/conversation.ts';
import { GatewayError } from '../../canonical/gateway-error.ts';
import { asObject, isObject, type JsonObject } from '../../canonical/json.ts';
import { invalidField, RequestFields } from '../request-fields.ts';
import { nativeForm, unreadMembers, withUnread } from '../unread-members.ts';

const WIRE = 'openai-responses';

export function decodeTools(body: RequestFields): Tool[] {
  return (body.array('tools') ?? []).map((value, index) => decodeTool(value, `tools[${index}]`));
}

function decodeTool(value: unknown, path: string): Tool {
  const fields = RequestFields.of(value, path);
  const type = fields.requiredString('type');
  if (type === 'function') return decodeFunction(fields);
  if (type !== 'custom') return { type: 'builtin', origin: WIRE, name: type, value };
  return {
    type,
    name: fields.requiredString('name'),
    description: fields.string('description'),
    format: fields.value('format'),
    ...unreadMembers(fields, WIRE),
  };
}

/** Callers that come from the chat wire nest a function in `function`; the service takes that too. */
function decodeFunction(fields: RequestFields): Tool {
  const nested = fields.object('function');
  const name = fields.string('name') ?? nested?.string('name');
  if (name === undefined) throw invalidField(fields.pathOf('name'), 'is required');
  return {
    type: 'function',
    name,
    description: fields.string('description') ?? nested?.string('description'),
    schema: fields.value('parameters') ?? nested?.value('parameters'),
    strict: fields.boolean('strict') ?? nested?.boolean('strict'),
    ...unreadMembers(fields, WIRE),
  };
}

/** The tools as this wire has them; undefined when there are none. */
export function encodeTools({ tools, origin }: ChatRequest): JsonObject[] | undefined {
  if (tools.length === 0) return undefined;
  return tools.map((tool) => {
    const encoded = encodeTool(tool, origin === WIRE);
    return tool.type === 'builtin' ? encoded : withUnread(encoded, tool, WIRE);
  });
}

function encodeTool(tool: Tool, isOwn: boolean): JsonObject {
  switch (tool.type) {
    case 'function':
      return {
        type: 'function',
        name: tool.name,
        description: tool.description,
        parameters: isOwn ? (tool.schema ?? NO_ARGUMENTS) : objectSchema(tool.schema),
        // Left out it means true here and false on every other wire; true refuses schemas that others take.
        strict: tool.strict ?? (isOwn ? undefined : false),
      };
    case 'custom':
      return { type: 'custom', name: tool.name, description: tool.description, format: tool.format };
    case 'builtin':
      if (tool.origin === WIRE && isObject(tool.value)) return tool.value;
      throw new GatewayError('invalid_request', `This model's API has no tool ${tool.name}.`, { param: 'tools' });
  }
}

/** The service wants `type: object` said; other wires let it go without. */
function objectSchema(schema: unknown): unknown {
  if (schema === undefined) return NO_ARGUMENTS;
  if (!isObject(schema) || schema['type'] !== undefined || '$ref' in schema || 'anyOf' in schema) return schema;
  return { ...NO_ARGUMENTS, ...schema };
}

const NO_ARGUMENTS = { type: 'object', properties: {} };

export function decodeToolChoice(body: RequestFields): ToolChoice | undefined {
  const choice = body.value('tool_choice');
  if (choice === undefined) return undefined;
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { type: choice };
  if (typeof choice === 'string') throw invalidField('tool_choice', 'must be auto, none, required or an object');
  const fields = RequestFields.of(choice, 'tool_choice');
  if (fields.string('type') !== 'allowed_tools') {
    return { type: 'tool', name: toolName(fields), ...nativeForm(choice, [fields], WIRE) };
  }
  const mode = fields.string('mode') === 'required' ? 'required' : 'auto';
  const listed = fields.objects('tools');
  return { type: 'allowed', mode, names: listed.map(toolName), ...nativeForm(choice, [fields, ...listed], WIRE) };
}

/** Tools that the provider runs are chosen by their type. */
function toolName(fields: RequestFields): string {
  const type = fields.requiredString('type');
  if (type !== 'function' && type !== 'custom') return type;
  return fields.string('name') ?? fields.object('function')?.string('name') ?? fields.requiredString('name');
}

export function encodeToolChoice({ toolChoice, tools }: ChatRequest): unknown {
  if (!toolChoice) return undefined;
  if (toolChoice.native?.origin === WIRE) return toolChoice.native.value;
  switch (toolChoice.type) {
    case 'tool':
      return toolReference(toolChoice.name, tools);
    case 'allowed': {
      const allowed = toolChoice.names.map((name) => toolReference(name, tools));
      return { type: 'allowed_tools', mode: toolChoice.mode, tools: allowed };
    }
    default:
      return toolChoice.type;
  }
}

function toolReference(name: string, tools: readonly Tool[]): JsonObject {
  const tool = tools.find((one) => one.name === name);
  if (tool?.type !== 'builtin') return { type: tool?.type ?? 'function', name };
  const label = asObject(tool.value)?.['server_label'];
  return label === undefined ? { type: name } : { type: name, server_label: label };
}
