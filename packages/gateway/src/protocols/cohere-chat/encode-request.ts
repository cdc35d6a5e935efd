import type { ChatRequest, OutputFormat, ReasoningWish, Tool, ToolChoice } from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { budgetOfEffort } from '../../canonical/reasoning-budget.ts';
import { writeExact } from '../../framing/exact-json.ts';
import { noteDropped } from '../note-dropped.ts';
import type { RequestContext, RequestQuirks } from '../protocol.ts';
import { withUnread } from '../unread-members.ts';
import { encodeConversation } from './encode-messages.ts';

/** The body of `POST /v2/chat`. */
export function encodeRequest(request: ChatRequest, context: RequestContext): Buffer {
  const { model, quirks } = context;
  const { messages, documents, hasCitable } = encodeConversation(request);
  const tools = offeredTools(request);
  const body = {
    model,
    messages,
    stream: request.stream,
    documents: documents.length > 0 ? documents : undefined,
    citation_options: documents.length > 0 && !hasCitable ? { mode: 'OFF' } : undefined,
    ...encodeTools(tools, request.toolChoice),
    response_format: encodeOutputFormat(request.outputFormat),
    ...encodeSampling(request),
    thinking: encodeReasoning(request.reasoning),
    safety_mode: encodeSafety(request.safetySettings),
  };
  noteDropped(context, { strictTools: tools.some(({ strict }) => strict === true) && encodeStrict(tools) !== true });
  return Buffer.from(writeExact(applyQuirks(body, quirks)));
}

/** Sampling; numbers beyond Cohere's ranges, which it refuses with 400, become the nearest that it takes. */
function encodeSampling(request: ChatRequest): JsonObject {
  return {
    max_tokens: request.maxOutputTokens,
    stop_sequences: request.stopSequences.length > 0 ? request.stopSequences : undefined,
    temperature: within(request.temperature, 0, 1),
    // 1, the usual "off" of other wires, is beyond its range.
    p: within(request.topP, 0.01, 0.99),
    k: within(request.topK, 0, 500),
    frequency_penalty: within(request.frequencyPenalty, 0, 1),
    presence_penalty: within(request.presencePenalty, 0, 1),
    seed: request.seed,
    // Alternatives to each token cannot be asked for.
    logprobs: request.logprobs === undefined ? undefined : true,
  };
}

function within(value: number | undefined, least: number, most: number): number | undefined {
  return value === undefined ? undefined : Math.min(most, Math.max(least, value));
}

/** Functions that the model may call. A choice of one or some of them is made by offering no others. */
function offeredTools({ tools, toolChoice }: ChatRequest): readonly FunctionTool[] {
  const functions = tools.filter((tool) => tool.type === 'function');
  if (toolChoice?.type === 'tool') return functions.filter(({ name }) => name === toolChoice.name);
  if (toolChoice?.type === 'allowed') return functions.filter(({ name }) => toolChoice.names.includes(name));
  return functions;
}

type FunctionTool = Extract<Tool, { type: 'function' }>;

function encodeTools(tools: readonly FunctionTool[], choice: ToolChoice | undefined): JsonObject {
  // Cohere refuses a choice without tools.
  if (tools.length === 0) return {};
  return {
    tools: tools.map(encodeTool),
    tool_choice: encodeToolChoice(choice),
    strict_tools: encodeStrict(tools),
  };
}

function encodeTool(tool: FunctionTool): JsonObject {
  const { name, description, schema } = tool;
  // `parameters` is required even where there are none.
  const parameters = schema ?? { type: 'object', properties: {} };
  return withUnread({ type: 'function', function: { name, description, parameters } }, tool, 'cohere-chat');
}

/** Strictness is for all tools or none: forcing it on tools that were not written for it gets a 400. */
function encodeStrict(tools: readonly FunctionTool[]): boolean | undefined {
  const strict = tools[0]?.strict;
  return tools.every((tool) => tool.strict === strict) ? strict : undefined;
}

function encodeToolChoice(choice: ToolChoice | undefined): string | undefined {
  switch (choice?.type) {
    case 'none':
      return 'NONE';
    case 'required':
    case 'tool':
      return 'REQUIRED';
    case 'allowed':
      return choice.mode === 'required' ? 'REQUIRED' : undefined;
    default:
      return undefined;
  }
}

function encodeOutputFormat(format: OutputFormat | undefined): JsonObject | undefined {
  switch (format?.type) {
    case 'text':
      return { type: 'text' };
    case 'json':
      return { type: 'json_object' };
    case 'json-schema':
      return { type: 'json_object', json_schema: format.schema };
    default:
      return undefined;
  }
}

function encodeReasoning(wish: ReasoningWish | undefined): JsonObject | undefined {
  if (!wish) return undefined;
  const { mode, effort, budgetTokens } = wish;
  const budget = budgetTokens ?? (effort === undefined ? undefined : budgetOfEffort(effort));
  // The budget has to be positive.
  if (mode === 'off' || budget === 0) return { type: 'disabled' };
  if (mode === undefined && budget === undefined) return undefined;
  return { type: 'enabled', token_budget: budget };
}

/** Cohere's own word; the safety settings of other wires mean nothing here. */
function encodeSafety(settings: unknown): string | undefined {
  return typeof settings === 'string' ? settings : undefined;
}

function applyQuirks(body: JsonObject, { refusedMembers, renamedMembers }: RequestQuirks): JsonObject {
  if (!refusedMembers && !renamedMembers) return body;
  return Object.fromEntries(
    Object.entries(body)
      .filter(([name]) => !refusedMembers?.includes(name))
      .map(([name, value]) => [renamedMembers?.[name] ?? name, value]),
  );
}
