import type { ChatRequest, Tool, ToolChoice } from '../../canonical/conversation.ts';
import { invalidField, type RequestFields } from '../request-fields.ts';
import { nativeForm } from '../unread-members.ts';
import { BlockFields } from './block-fields.ts';
import { decodeCacheMark } from './decode-blocks.ts';
import { WIRE } from './wire.ts';

/** Reads the tools: the caller's own, and those that have a type of their own and are the provider's. */
export function decodeTools(fields: RequestFields): readonly Tool[] {
  return BlockFields.listOf(fields, 'tools').map(decodeTool);
}

/** Reads `tool_choice`; whether calls may come together is part of it. */
export function decodeToolChoice(fields: RequestFields): Pick<ChatRequest, 'toolChoice' | 'parallelToolCalls'> {
  const value = fields.value('tool_choice');
  const choice = fields.object('tool_choice');
  if (!choice) return { toolChoice: undefined, parallelToolCalls: undefined };
  const isSerial = choice.boolean('disable_parallel_tool_use');
  const toolChoice = { ...choiceOf(choice), ...nativeForm(value, [choice], WIRE) };
  return { toolChoice, parallelToolCalls: isSerial === undefined ? undefined : !isSerial };
}

function decodeTool(tool: BlockFields): Tool {
  const type = tool.string('type');
  const callers = tool.strings('allowed_callers');
  // A tool that only the provider's own code may call is none that another provider's model could use.
  const isForCodeOnly = callers !== undefined && callers.length > 0 && !callers.includes('direct');
  if ((type !== undefined && type !== 'custom') || isForCodeOnly) {
    return { type: 'builtin', origin: WIRE, name: tool.string('name') ?? type ?? 'custom', value: tool.raw };
  }
  const cache = decodeCacheMark(tool);
  const known = {
    type: 'function',
    name: tool.requiredString('name'),
    description: tool.string('description'),
    schema: tool.value('input_schema'),
    strict: tool.boolean('strict'),
    ...(cache ? { cache } : {}),
  } as const;
  // How its own provider is to load and show the tool.
  return { ...known, ...nativeForm(tool.raw, [tool], WIRE) };
}

function choiceOf(choice: RequestFields): ToolChoice {
  const type = choice.requiredString('type');
  switch (type) {
    case 'auto':
    case 'none':
      return { type };
    case 'any':
      return { type: 'required' };
    case 'tool':
      return { type: 'tool', name: choice.requiredString('name') };
    default:
      throw invalidField(choice.pathOf('type'), 'must be "auto", "any", "tool" or "none"');
  }
}
