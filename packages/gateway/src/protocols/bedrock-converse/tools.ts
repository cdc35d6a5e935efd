import type { ChatRequest, Tool, Turn } from '../../canonical/conversation.ts';
import { isObject, type JsonObject } from '../../canonical/json.ts';
import { strictSchema } from '../anthropic-messages/strict-schema.ts';
import { invalidField } from '../request-fields.ts';
import { withUnread } from '../unread-members.ts';
import { cachePoint } from './encode-messages.ts';
import { hasCachePoints, hasStructuredOutput, type Model } from './model-family.ts';
import { WIRE } from './wire.ts';

/** The tools of a request, and what the model must be told about them in words. */
export interface ToolPlan {
  readonly toolConfig: JsonObject | undefined;
  readonly instruction: string | undefined;
}

/**
 * The wire knows no choice `none`, and it refuses conversations that hold calls or results without `toolConfig`. So
 * tools that may not be called are left out where the conversation has none yet; where it has, they stay (or stand-ins
 * of those that were called do), and the model is told not to call any.
 */
export function planTools(request: ChatRequest, model: Model): ToolPlan {
  const { toolChoice } = request;
  const tools = allowedTools(request);
  const ask = { model, origin: request.origin };
  if (tools.length > 0 && toolChoice?.type !== 'none') {
    return { toolConfig: { tools: encodeTools(tools, ask), ...encodeChoice(request) }, instruction: undefined };
  }
  const called = calledTools(request.turns);
  if (called.length === 0) return { toolConfig: undefined, instruction: undefined };
  const kept = tools.length > 0 ? tools : called;
  return { toolConfig: { tools: encodeTools(kept, ask) }, instruction: 'Do not call any tools. Answer in words.' };
}

function allowedTools({ tools, toolChoice }: ChatRequest): readonly Tool[] {
  if (toolChoice?.type !== 'allowed') return tools;
  return tools.filter(({ name }) => toolChoice.names.includes(name));
}

function encodeTools(tools: readonly Tool[], { model, origin }: ToolsAsk): readonly JsonObject[] {
  const isTranslated = origin !== WIRE;
  return tools.flatMap((tool, index) => {
    const encoded = encodeTool({ tool, model, isTranslated, path: `tools[${index}]` });
    const mark = 'cache' in tool ? tool.cache : undefined;
    // Nova keeps no tools in its cache and refuses the mark here.
    return mark && hasCachePoints(model) && model.family !== 'nova' ? [encoded, cachePoint(mark)] : [encoded];
  });
}

function encodeTool({ tool, model, isTranslated, path }: ToolPlace): JsonObject {
  if (tool.type === 'function') {
    const { name, description, schema, strict } = tool;
    const isStrict = strict === true && hasStructuredOutput(model);
    const entry = {
      toolSpec: {
        name,
        ...(description ? { description } : {}),
        inputSchema: {
          json: objectSchema(isStrict && isTranslated && model.family === 'claude' ? strictSchema(schema) : schema),
        },
        ...(isStrict ? { strict } : {}),
      },
    };
    return withUnread(entry, tool, WIRE);
  }
  if (tool.type === 'builtin' && tool.origin === WIRE && isObject(tool.value)) return tool.value;
  throw invalidField(path, `is the tool ${tool.name}, which this model does not have`);
}

interface ToolsAsk {
  readonly model: Model;
  readonly origin: ChatRequest['origin'];
}

interface ToolPlace {
  readonly tool: Tool;
  readonly model: Model;
  /** The schema was not written for this wire. */
  readonly isTranslated: boolean;
  readonly path: string;
}

/** The wire insists on a schema, and on one of an object. */
function objectSchema(schema: unknown): JsonObject {
  if (!isObject(schema)) return { type: 'object', properties: {} };
  return 'type' in schema ? schema : { type: 'object', ...schema };
}

function encodeChoice({ toolChoice }: ChatRequest): { toolChoice?: JsonObject } {
  if (!toolChoice) return {};
  const { native } = toolChoice;
  if (native?.origin === WIRE && isObject(native.value)) return { toolChoice: native.value };
  if (toolChoice.type === 'tool') return { toolChoice: { tool: { name: toolChoice.name } } };
  const mode = toolChoice.type === 'allowed' ? toolChoice.mode : toolChoice.type;
  return { toolChoice: mode === 'required' ? { any: {} } : { auto: {} } };
}

/** Stand-ins of the tools that the conversation has called. */
function calledTools(turns: readonly Turn[]): readonly Tool[] {
  const names = new Set<string>();
  for (const { parts } of turns) {
    for (const part of parts) {
      if (part.type === 'tool-call' || (part.type === 'tool-result' && names.size === 0))
        names.add(part.name || 'tool');
    }
  }
  return [...names].map((name) => ({
    type: 'function',
    name,
    description: undefined,
    schema: undefined,
    strict: undefined,
  }));
}
