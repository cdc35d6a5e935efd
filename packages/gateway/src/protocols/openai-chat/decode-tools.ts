import type { Tool, ToolChoice } from '../../canonical/conversation.ts';
import { isObject } from '../../canonical/json.ts';
import { invalidField, RequestFields } from '../request-fields.ts';
import { cacheMark } from './content-parts.ts';

/** Name of the built-in tool that is a member of the body instead of an entry of `tools`. */
export const WEB_SEARCH_OPTIONS = 'web_search_options';

/** The tools of a request: `tools`, the `functions` of old, and web search. */
export function decodeTools(body: RequestFields): Tool[] {
  const search = body.value(WEB_SEARCH_OPTIONS);
  return [
    ...(body.array('tools') ?? []).map((tool, index) => decodeTool(tool, `${body.pathOf('tools')}[${index}]`)),
    ...body.objects('functions').map((fields) => functionTool(fields, fields)),
    ...(search === undefined ? [] : [builtin(WEB_SEARCH_OPTIONS, search)]),
  ];
}

function decodeTool(tool: unknown, path: string): Tool {
  const fields = RequestFields.of(tool, path);
  const type = fields.string('type') ?? 'function';
  if (type === 'function') {
    const definition = fields.object('function');
    if (!definition) throw invalidField(fields.pathOf('function'), 'is required');
    return functionTool(definition, fields);
  }
  const custom = type === 'custom' ? fields.object('custom') : undefined;
  if (!custom) return builtin(type, tool);
  const description = custom.string('description');
  return { type: 'custom', name: custom.requiredString('name'), description, format: custom.value('format') };
}

function functionTool(definition: RequestFields, holder: RequestFields): Tool {
  return {
    type: 'function',
    name: definition.requiredString('name'),
    description: definition.string('description'),
    schema: definition.object('parameters') ? definition.value('parameters') : undefined,
    strict: definition.boolean('strict'),
    ...cacheMark(holder),
  };
}

function builtin(name: string, value: unknown): Tool {
  return { type: 'builtin', origin: 'openai-chat', name, value };
}

/** `tool_choice`, or the `function_call` of old. */
export function decodeToolChoice(body: RequestFields): ToolChoice | undefined {
  const legacy = body.value('function_call');
  const value = body.value('tool_choice');
  if (value !== undefined) return choiceOf(value, body.pathOf('tool_choice'));
  if (legacy === undefined) return undefined;
  return choiceOf(isObject(legacy) ? { type: 'function', function: legacy } : legacy, body.pathOf('function_call'));
}

function choiceOf(value: unknown, path: string): ToolChoice {
  if (value === 'auto' || value === 'none' || value === 'required') return { type: value };
  // Mistral's word.
  if (value === 'any') return { type: 'required' };
  if (!isObject(value)) throw invalidField(path, 'must be auto, none, required or a tool');
  const fields = new RequestFields(value, path);
  const type = fields.requiredString('type');
  if (type === 'auto' || type === 'none' || type === 'required') return { type };
  if (type === 'any') return { type: 'required' };
  if (type === 'allowed_tools') return allowedChoice(fields.object('allowed_tools') ?? fields);
  // `{type: 'tool', name}` is Anthropic's form, which some clients send on this wire.
  return {
    type: 'tool',
    name: (fields.object('function') ?? fields.object('custom') ?? fields).requiredString('name'),
  };
}

function allowedChoice(fields: RequestFields): ToolChoice {
  const mode = fields.string('mode') === 'required' ? 'required' : 'auto';
  const names = fields
    .objects('tools')
    .map((tool) => (tool.object('function') ?? tool.object('custom') ?? tool).requiredString('name'));
  return { type: 'allowed', mode, names };
}
