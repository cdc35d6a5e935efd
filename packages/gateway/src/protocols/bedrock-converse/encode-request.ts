import type { ChatRequest } from '../../canonical/conversation.ts';
import { asObject, type JsonObject } from '../../canonical/json.ts';
import { asksToReason } from '../../canonical/reasoning-budget.ts';
import { writeExact } from '../../framing/exact-json.ts';
import { strictSchema } from '../anthropic-messages/strict-schema.ts';
import { isLost, noteDropped } from '../note-dropped.ts';
import type { RequestContext, RequestQuirks } from '../protocol.ts';
import { forcesTool } from './claude-reasoning.ts';
import { encodeTurns } from './encode-messages.ts';
import { hasStructuredOutput, type Model, readModel } from './model-family.ts';
import { type ModelSettings, modelSettings } from './model-settings.ts';
import { planTools } from './tools.ts';
import { WIRE } from './wire.ts';

/** The body of a request. Model and streaming are in its path. */
export function encodeRequest(request: ChatRequest, context: RequestContext): Buffer {
  const model = readModel(context.model);
  const settings = modelSettings(request, model);
  const tools = planTools(request, model);
  const format = planFormat(request, model);
  const { system, messages } = encodeTurns(request, model);
  const instructions = [tools.instruction, format.instruction].filter((text) => text !== undefined);
  const body = {
    messages,
    system: nonEmptyArray([...system, ...instructions.map((text) => ({ text }))]),
    inferenceConfig: inferenceConfig(request, settings),
    toolConfig: tools.toolConfig,
    additionalModelRequestFields: nonEmpty(settings.fields),
    additionalModelResponseFieldPaths: responsePaths(request, model),
    requestMetadata: encodeMetadata(request.metadata),
    serviceTier: serviceTier(request.serviceTier),
    outputConfig: nonEmpty({ ...format.outputConfig, effort: settings.effort }),
  };
  noteLosses(request, { settings, model, context });
  return Buffer.from(writeExact(applyQuirks(body, context.quirks)));
}

interface Sent {
  readonly settings: ModelSettings;
  readonly model: Model;
  readonly context: RequestContext;
}

/**
 * What this model takes not, or not together with the rest of the request. That Claude does not think in the rest of a turn
 * which began without its own thoughts is not told: it does in the next.
 */
function noteLosses(request: ChatRequest, { settings, model, context }: Sent): void {
  const { fields, effort, temperature, topP } = settings;
  const isThinking = effort !== undefined || reasoningFields.some((name) => fields[name] !== undefined);
  noteDropped(context, {
    temperature: isLost(request.temperature, temperature),
    topP: isLost(request.topP, topP),
    topK: isLost(request.topK, fields['top_k'] ?? fields['k'] ?? asObject(fields['inferenceConfig'])?.['topK']),
    reasoning: asksToReason(request) && !isThinking && (model.family !== 'claude' || forcesTool(request)),
    strictTools: request.tools.some((tool) => 'strict' in tool && tool.strict === true) && !hasStructuredOutput(model),
    serviceTier: !usualTiers.has(request.serviceTier) && serviceTier(request.serviceTier) === undefined,
    metadata: sizeOf(encodeMetadata(request.metadata)) < sizeOf(request.metadata),
  });
}

const reasoningFields = ['thinking', 'reasoningConfig', 'reasoning_effort'] as const;
/** None, and what means the default. */
const usualTiers: ReadonlySet<string | undefined> = new Set([undefined, 'auto', 'standard_only', 'standard']);

function inferenceConfig({ stopSequences }: ChatRequest, settings: ModelSettings): JsonObject | undefined {
  const { maxTokens, temperature, topP } = settings;
  return nonEmpty({
    maxTokens,
    // The wire's range ends at 1, where that of others ends at 2.
    temperature: temperature === undefined ? undefined : Math.min(1, temperature),
    // Anthropic's own API takes -1 for none; this one does not.
    topP: topP === undefined || topP < 0 ? undefined : Math.min(1, topP),
    stopSequences: nonEmptyArray(stopSequences),
  });
}

interface FormatPlan {
  readonly outputConfig: JsonObject;
  readonly instruction: string | undefined;
}

/** Models that take no schema, and all of them for JSON of no schema, are asked for it in words. */
function planFormat({ outputFormat: format, origin }: ChatRequest, model: Model): FormatPlan {
  if (format === undefined || format.type === 'text') return { outputConfig: {}, instruction: undefined };
  if (format.type === 'json') return { outputConfig: {}, instruction: `${ONLY_JSON} object.` };
  const { schema, name, description } = format;
  const isClaude = model.family === 'claude' && origin !== WIRE;
  const text = writeExact((isClaude ? strictSchema(schema) : schema) ?? {});
  if (!hasStructuredOutput(model)) {
    return { outputConfig: {}, instruction: `${ONLY_JSON} value that conforms to this JSON Schema:\n${text}` };
  }
  const jsonSchema = { schema: text, name, description: description || undefined };
  return { outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema } } }, instruction: undefined };
}

const ONLY_JSON = 'Answer with JSON only, without code fences or any text around it: one';

/** Claude tells which stop sequence it met when it is asked to. Other models know no such field. */
function responsePaths({ stopSequences }: ChatRequest, { family }: Model): readonly string[] | undefined {
  return family === 'claude' && stopSequences.length > 0 ? ['/stop_sequence'] : undefined;
}

const METADATA_KEY = /^[a-zA-Z0-9\s:_@$#=/+,\-.]{1,256}$/;
const METADATA_VALUE = /^[a-zA-Z0-9\s:_@$#=/+,\-.]{0,256}$/;
const MOST_METADATA = 16;

/** Entries that the wire would refuse are left out, and told of: they do not bear on the answer. */
function encodeMetadata(metadata: ChatRequest['metadata']): JsonObject | undefined {
  const entries = Object.entries(metadata ?? {}).filter(
    ([key, value]) => METADATA_KEY.test(key) && METADATA_VALUE.test(value),
  );
  return nonEmpty(Object.fromEntries(entries.slice(0, MOST_METADATA)));
}

function sizeOf(object: object | undefined): number {
  return object === undefined ? 0 : Object.keys(object).length;
}

const tiers = new Set(['priority', 'default', 'flex', 'reserved']);

/** A tier of another wire's (`auto`, `standard_only`) means the default, which need not be said. */
function serviceTier(type: string | undefined): JsonObject | undefined {
  return type !== undefined && tiers.has(type) ? { type } : undefined;
}

function applyQuirks(body: JsonObject, { refusedMembers = [], renamedMembers = {} }: RequestQuirks): JsonObject {
  if (refusedMembers.length === 0 && Object.keys(renamedMembers).length === 0) return body;
  const entries = Object.entries(body)
    .filter(([key]) => !refusedMembers.includes(key))
    .map(([key, value]) => [renamedMembers[key] ?? key, value] as const);
  return Object.fromEntries(entries);
}

/** The object when any member of it is set. */
function nonEmpty(object: JsonObject): JsonObject | undefined {
  return Object.values(object).some((value) => value !== undefined) ? object : undefined;
}

function nonEmptyArray<T>(items: readonly T[]): readonly T[] | undefined {
  return items.length > 0 ? items : undefined;
}
