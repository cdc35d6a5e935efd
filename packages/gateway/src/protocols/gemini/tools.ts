import type { Tool, ToolChoice } from '../../canonical/conversation.ts';
import { GatewayError } from '../../canonical/gateway-error.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { camelCase } from '../camel-case.ts';
import { invalidField } from '../request-fields.ts';
import { unreadMembers, withUnread } from '../unread-members.ts';
import { jsonSchema } from './json-schema.ts';
import type { RequestReading } from './request-reading.ts';
import { WIRE } from './wire.ts';
import type { WireFields } from './wire-fields.ts';

/** Reads `tools`: functions, and tools that Google runs, each under its own name. */
export function decodeTools(body: WireFields): readonly Tool[] {
  return body.objects('tools').flatMap((entry) => {
    const functions = entry.objects('functionDeclarations').map(decodeFunction);
    const builtins = entry.unread().map((key): Tool => {
      return { type: 'builtin', origin: WIRE, name: camelCase(key), value: entry.value(key) };
    });
    return [...functions, ...builtins];
  });
}

function decodeFunction(fields: WireFields): Tool {
  const name = fields.requiredString('name');
  const description = fields.string('description');
  const schema = fields.value('parametersJsonSchema') ?? jsonSchema(fields.value('parameters'));
  return { type: 'function', name, description, schema, strict: undefined, ...unreadMembers(fields, WIRE) };
}

/** Reads `toolConfig.functionCallingConfig`. */
export function decodeToolChoice(body: WireFields, reading: RequestReading): ToolChoice | undefined {
  const toolConfig = body.object('toolConfig');
  const config = toolConfig?.object('functionCallingConfig');
  if (toolConfig) reading.noteUnread(toolConfig);
  if (!config) return undefined;
  const mode = config.string('mode')?.toUpperCase() ?? 'AUTO';
  const names = config.strings('allowedFunctionNames') ?? [];
  reading.noteUnread(config);
  switch (mode) {
    case 'AUTO':
    case 'MODE_UNSPECIFIED':
      return { type: 'auto' };
    case 'NONE':
      return { type: 'none' };
    // Like AUTO, but what is called keeps to its schema.
    case 'VALIDATED':
      return names.length === 0 ? { type: 'auto' } : { type: 'allowed', mode: 'auto', names };
    case 'ANY':
      return forced(names);
    default:
      throw invalidField(config.pathOf('mode'), 'must be AUTO, ANY, NONE or VALIDATED');
  }
}

function forced(names: readonly string[]): ToolChoice {
  const [name, ...others] = names;
  if (name === undefined) return { type: 'required' };
  return others.length === 0 ? { type: 'tool', name } : { type: 'allowed', mode: 'required', names };
}

/** Writes `tools`: all functions in one entry, which is what every model takes. */
export function encodeTools(tools: readonly Tool[]): readonly JsonObject[] | undefined {
  const functions: JsonObject[] = [];
  const others: JsonObject[] = [];
  for (const tool of tools) {
    if (tool.type === 'function') functions.push(encodeFunction(tool));
    else if (tool.type === 'builtin' && tool.origin === WIRE) others.push({ [tool.name]: tool.value });
    else throw new GatewayError('invalid_request', `The model's API has no tool ${tool.name}.`, { param: 'tools' });
  }
  const entries = functions.length > 0 ? [{ functionDeclarations: functions }, ...others] : others;
  return entries.length > 0 ? entries : undefined;
}

function encodeFunction(tool: Extract<Tool, { type: 'function' }>): JsonObject {
  const { name, description, schema } = tool;
  return withUnread({ name, description, parametersJsonSchema: schema }, tool, WIRE);
}

/** Writes `toolConfig`, which is refused where no function is declared. */
export function encodeToolChoice(choice: ToolChoice | undefined, tools: readonly Tool[]): JsonObject | undefined {
  if (!choice || !tools.some(({ type }) => type === 'function')) return undefined;
  return { functionCallingConfig: callingConfig(choice) };
}

function callingConfig(choice: ToolChoice): JsonObject {
  switch (choice.type) {
    case 'auto':
      return { mode: 'AUTO' };
    case 'none':
      return { mode: 'NONE' };
    case 'required':
      return { mode: 'ANY' };
    case 'tool':
      return { mode: 'ANY', allowedFunctionNames: [choice.name] };
    case 'allowed':
      // AUTO takes no names.
      return { mode: choice.mode === 'required' ? 'ANY' : 'VALIDATED', allowedFunctionNames: choice.names };
  }
}
