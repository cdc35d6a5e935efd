import type { Tool, ToolChoice } from '../../canonical/conversation.ts';
import { isObject } from '../../canonical/json.ts';
import { invalidField, RequestFields } from '../request-fields.ts';
import { nativeForm, unreadMembers } from '../unread-members.ts';
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
  if (type !== 'custom' || !custom) return builtin(type, tool);
  const description = custom.string('description');
  const format = custom.value('format');
  return { type, name: custom.requiredString('name'), description, format, ...unreadMembers(fields, 'openai-chat') };
}

function functionTool(definition: RequestFields, holder: RequestFields): Tool {
  return {
    type: 'function',
    name: definition.requiredString('name'),
    description: definition.string('description'),
    schema: definition.object('parameters') ? definition.value('parameters') : undefined,
    strict: definition.boolean('strict'),
    ...cacheMark(holder),
    ...unreadMembers(holder, 'openai-chat'),
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
  // Its form is of old: what more it says has no place in a choice of today.
  const { native: _, ...choice } = choiceOf(
    isObject(legacy) ? { type: 'function', function: legacy } : legacy,
    body.pathOf('function_call'),
  );
  return choice;
}

function choiceOf(value: unknown, path: string): ToolChoice {
  if (value === 'auto' || value === 'none' || value === 'required') return { type: value };
  // Mistral's word.
  if (value === 'any') return { type: 'required' };
  if (!isObject(value)) throw invalidField(path, 'must be auto, none, required or a tool');
  const fields = new RequestFields(value, path);
  const type = fields.requiredString('type');
  const allowed = type === 'allowed_tools' ? (fields.object('allowed_tools') ?? fields) : undefined;
  const listed = allowed?.objects('tools') ?? [];
  const choice = allowed ? allowedChoice(allowed, listed) : plainChoice(type, fields);
  return { ...choice, ...nativeForm(value, [fields, ...listed], 'openai-chat') };
}

function plainChoice(type: string, fields: RequestFields): ToolChoice {
  if (type === 'auto' || type === 'none' || type === 'required') return { type };
  // `{type: 'tool', name}` is Anthropic's form, which some clients send on this wire.
  return type === 'any' ? { type: 'required' } : { type: 'tool', name: chosenName(fields) };
}

function allowedChoice(allowed: RequestFields, listed: readonly RequestFields[]): ToolChoice {
  const mode = allowed.string('mode') === 'required' ? 'required' : 'auto';
  return { type: 'allowed', mode, names: listed.map(chosenName) };
}

function chosenName(tool: RequestFields): string {
  tool.string('type');
  return (tool.object('function') ?? tool.object('custom') ?? tool).requiredString('name');
}
