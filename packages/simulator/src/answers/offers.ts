import type { SimulatedRequest } from '../simulated-request.ts';
import { fieldOf, isRecord, type Json, objectAt } from './json.ts';

/** A function that the request offers. */
export interface OfferedTool {
  readonly name: string;
  readonly parameters: unknown;
}

/** The tool to call: the one that the request names, else the first; `undefined` when there is none or none may be called. */
export function wantedTool({ json = {} }: SimulatedRequest): OfferedTool | undefined {
  if (forbidsTools(json)) return undefined;
  const tools = json['tools'] ?? objectAt(json, 'toolConfig')['tools'];
  const offered = (Array.isArray(tools) ? tools : []).flatMap(toolsOf);
  const wanted = wantedName(json);
  return offered.find((tool) => tool.name === wanted) ?? offered[0];
}

/** The JSON schema that the answer's text must fit; `undefined` when it is free. */
export function answerSchema({ json = {} }: SimulatedRequest): unknown {
  const chat = objectAt(json, 'response_format');
  if (chat['type'] === 'json_schema') return objectAt(chat, 'json_schema')['schema'];
  // Cohere writes the schema itself where OpenAI writes an object around it.
  if (chat['type'] === 'json_object' && isRecord(chat['json_schema'])) return chat['json_schema'];
  for (const format of [
    objectAt(json, 'text', 'format'),
    objectAt(json, 'output_config', 'format'),
    objectAt(json, 'output_format'),
  ]) {
    if (format['type'] === 'json_schema') return format['schema'];
  }
  const generation = objectAt(json, 'generationConfig');
  const google = fieldOf(generation, 'responseJsonSchema') ?? fieldOf(generation, 'responseSchema');
  return google ?? parsed(objectAt(json, 'outputConfig', 'textFormat', 'structure', 'jsonSchema')['schema']);
}

// Google puts many functions into one tool; the others have one tool for each.
function toolsOf(tool: unknown): OfferedTool[] {
  if (!isRecord(tool)) return [];
  const declarations = fieldOf(tool, 'functionDeclarations');
  if (Array.isArray(declarations)) return declarations.flatMap(toolsOf);
  const inner = [tool['function'], tool['toolSpec'], tool].find(isRecord) ?? tool;
  const parameters =
    inner['parameters'] ??
    fieldOf(inner, 'parametersJsonSchema') ??
    inner['input_schema'] ??
    objectAt(inner, 'inputSchema')['json'];
  return typeof inner['name'] === 'string' ? [{ name: inner['name'], parameters }] : [];
}

function wantedName(json: Json): unknown {
  const choice = objectAt(json, 'tool_choice');
  const allowed = fieldOf(callingConfig(json), 'allowedFunctionNames');
  return (
    objectAt(choice, 'function')['name'] ??
    choice['name'] ??
    objectAt(json, 'toolConfig', 'toolChoice', 'tool')['name'] ??
    (Array.isArray(allowed) ? allowed[0] : undefined)
  );
}

function forbidsTools(json: Json): boolean {
  const choice = json['tool_choice'];
  const mode = isRecord(choice) ? choice['type'] : choice;
  return [mode, callingConfig(json)['mode']].some((word) => typeof word === 'string' && word.toLowerCase() === 'none');
}

function callingConfig(json: Json): Json {
  return objectAt(json, 'toolConfig', 'functionCallingConfig');
}

// Bedrock carries the schema as text.
function parsed(schema: unknown): unknown {
  if (typeof schema !== 'string') return schema;
  try {
    return JSON.parse(schema);
  } catch {
    return undefined;
  }
}
