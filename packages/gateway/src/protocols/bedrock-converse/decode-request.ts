import type { ChatRequest, OutputFormat, Tool, ToolChoice, Turn } from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { parseExact } from '../../framing/exact-json.ts';
import type { ChatFacts } from '../protocol.ts';
import { invalidField, RequestFields } from '../request-fields.ts';
import { nativeForm, unreadMembers } from '../unread-members.ts';
import { decodeCachePoint, decodeContent } from './decode-content.ts';
import { readModelFields } from './model-fields.ts';
import { decodeServiceTier } from './usage.ts';
import { WIRE } from './wire.ts';

/** What routing needs. Path and query name the model and tell whether a stream is wanted; the body says neither. */
export function readFacts(body: JsonObject): ChatFacts {
  const messages = new RequestFields(body, '').array('messages');
  if (messages === undefined) throw invalidField('messages', 'is required');
  if (messages.length === 0) throw invalidField('messages', 'must not be empty');
  const serviceTier = decodeServiceTier(body['serviceTier']);
  return { model: undefined, stream: false, includeUsage: true, choices: 1, serviceTier };
}

/** Reads a whole request of the Converse API. */
export function decodeRequest(body: JsonObject, { stream }: ChatFacts): ChatRequest {
  const fields = new RequestFields(body, '');
  const inference = fields.object('inferenceConfig');
  const toolConfig = fields.object('toolConfig');
  const outputConfig = fields.object('outputConfig');
  const wishes = readModelFields(fields.object('additionalModelRequestFields'), outputConfig);
  if (isStopSequencePath(body[RESPONSE_PATHS])) fields.value(RESPONSE_PATHS);
  // What is spread stands behind the named members: behind a spread each of these costs as much as all before it.
  const request: ChatRequest = {
    origin: WIRE,
    stream,
    turns: decodeTurns(fields),
    tools: toolConfig ? decodeTools(toolConfig) : [],
    toolChoice: toolConfig && decodeToolChoice(toolConfig),
    maxOutputTokens: inference?.count('maxTokens'),
    temperature: inference?.number('temperature'),
    topP: inference?.number('topP'),
    stopSequences: inference?.strings('stopSequences') ?? [],
    outputFormat: decodeOutputFormat(outputConfig?.object('textFormat')) ?? wishes.outputFormat,
    serviceTier: fields.object('serviceTier')?.requiredString('type'),
    metadata: decodeMetadata(fields.object('requestMetadata')),
    topK: wishes.topK,
    reasoning: wishes.reasoning,
    ...unset,
    unknownMembers: fields.unreadPaths(),
  };
  const essentialMembers = request.unknownMembers.filter((name) => essential.has(name));
  return essentialMembers.length === 0 ? request : { ...request, essentialMembers };
}

/** What fills in a prompt that lies with AWS; and a guardrail, without which nobody would have wanted to ask. */
const essential: ReadonlySet<string> = new Set(['promptVariables', 'guardrailConfig']);

const RESPONSE_PATHS = 'additionalModelResponseFieldPaths';

/** What the wire has no words for. */
const unset = {
  parallelToolCalls: undefined,
  frequencyPenalty: undefined,
  presencePenalty: undefined,
  seed: undefined,
  choices: undefined,
  logprobs: undefined,
  logitBias: undefined,
  verbosity: undefined,
  modalities: undefined,
  audioOutput: undefined,
  user: undefined,
  store: undefined,
  previousResponseId: undefined,
  promptCacheKey: undefined,
  prediction: undefined,
  safetySettings: undefined,
} as const;

/** Where the answers of Claude have it: whole ones, and the last event of streamed ones. */
const stopSequencePaths: ReadonlySet<unknown> = new Set(['/stop_sequence', '/delta/stop_sequence']);

/** Asking for the stop sequence alone has no word: every wire that knows it tells it. */
function isStopSequencePath(value: unknown): boolean {
  return Array.isArray(value) && value.every((path) => stopSequencePaths.has(path));
}

function decodeTurns(fields: RequestFields): readonly Turn[] {
  const names = new Map<string, string>();
  const system = decodeContent(fields.array('system') ?? [], { path: 'system', names });
  const turns = fields.objects('messages').map((message): Turn => {
    const role = message.requiredString('role');
    if (role !== 'user' && role !== 'assistant' && role !== 'system') {
      throw invalidField(message.pathOf('role'), 'must be user, assistant or system');
    }
    const path = message.pathOf('content');
    const content = message.array('content');
    if (content === undefined) throw invalidField(path, 'is required');
    return { role, parts: decodeContent(content, { path, names }), ...unreadMembers(message, WIRE) };
  });
  return system.length > 0 ? [{ role: 'system', parts: system }, ...turns] : turns;
}

function decodeTools(toolConfig: RequestFields): readonly Tool[] {
  const tools: Tool[] = [];
  for (const entry of toolConfig.objects('tools')) {
    const spec = entry.object('toolSpec');
    const mark = entry.object('cachePoint');
    const last = tools.at(-1);
    if (spec) tools.push({ ...decodeToolSpec(spec), ...unreadMembers(entry, WIRE) });
    else if (!mark) tools.push(decodeBuiltin(entry));
    // The mark stands behind the tool up to which the prompt may be kept.
    else if (last?.type === 'function') tools[tools.length - 1] = { ...last, cache: decodeCachePoint(mark) };
  }
  return tools;
}

function decodeToolSpec(spec: RequestFields): Tool {
  const inputSchema = spec.object('inputSchema');
  if (!inputSchema) throw invalidField(spec.pathOf('inputSchema'), 'is required');
  return {
    type: 'function',
    name: spec.requiredString('name'),
    description: spec.string('description'),
    schema: inputSchema.value('json'),
    strict: spec.boolean('strict'),
  };
}

function decodeBuiltin(entry: RequestFields): Tool {
  const [kind] = entry.unread();
  if (kind !== 'systemTool') throw invalidField(entry.path, 'must be a toolSpec, a systemTool or a cachePoint');
  const name = entry.object('systemTool')!.requiredString('name');
  return { type: 'builtin', origin: WIRE, name, value: { systemTool: entry.value('systemTool') } };
}

function decodeToolChoice(toolConfig: RequestFields): ToolChoice | undefined {
  const value = toolConfig.value('toolChoice');
  const fields = toolConfig.object('toolChoice');
  return fields && { ...choiceOf(fields), ...nativeForm(value, [fields], WIRE) };
}

function choiceOf(choice: RequestFields): ToolChoice {
  const tool = choice.object('tool');
  if (tool) return { type: 'tool', name: tool.requiredString('name') };
  if (choice.has('any')) return { type: 'required' };
  if (choice.has('auto')) return { type: 'auto' };
  throw invalidField(choice.path, 'must be auto, any or tool');
}

function decodeOutputFormat(textFormat: RequestFields | undefined): OutputFormat | undefined {
  if (!textFormat) return undefined;
  const definition = textFormat.object('structure')?.object('jsonSchema');
  if (textFormat.requiredString('type') !== 'json_schema' || !definition) {
    throw invalidField(textFormat.path, 'must be of type json_schema and have structure.jsonSchema');
  }
  return {
    type: 'json-schema',
    name: definition.string('name'),
    description: definition.string('description'),
    schema: parseSchema(definition.requiredString('schema'), definition.pathOf('schema')),
    strict: undefined,
  };
}

/** The wire has the schema as JSON within a string. */
function parseSchema(text: string, path: string): unknown {
  try {
    return parseExact(text);
  } catch (cause) {
    if (cause instanceof SyntaxError) throw invalidField(path, 'must be a JSON Schema as text');
    throw cause;
  }
}

function decodeMetadata(fields: RequestFields | undefined): Readonly<Record<string, string>> | undefined {
  if (!fields) return undefined;
  return Object.fromEntries(fields.unread().map((key) => [key, fields.requiredString(key)]));
}
