import type { ChatRequest, OutputFormat } from '../../canonical/conversation.ts';
import { asObject, type JsonObject } from '../../canonical/json.ts';
import { asksToReason } from '../../canonical/reasoning-budget.ts';
import { writeExact } from '../../framing/exact-json.ts';
import { isLost, noteDropped } from '../note-dropped.ts';
import type { RequestContext, RequestQuirks } from '../protocol.ts';
import { planReasoning } from './encode-reasoning.ts';
import { encodeToolChoice, encodeTools } from './encode-tools.ts';
import { encodeTurns, endsInUnsignedTurn } from './encode-turns.ts';
import { type ModelTraits, modelTraits } from './model-traits.ts';
import { strictSchema } from './strict-schema.ts';
import { WIRE } from './wire.ts';

/** Writes the body for an upstream. */
export function encodeRequest(request: ChatRequest, context: RequestContext): Buffer {
  const traits = modelTraits(context.model);
  const { system, messages } = encodeTurns(request.turns);
  const toolChoice = encodeToolChoice(request);
  const { thinking, effort, maxTokens } = planReasoning({
    request,
    traits,
    defaultMaxOutputTokens: context.defaultMaxOutputTokens,
    forcesTool: isForced(toolChoice),
    endsUnsigned: endsInUnsignedTurn(messages),
  });
  const systemBlocks = [...system, ...jsonInstruction(request.outputFormat)];
  const body = {
    model: context.model,
    max_tokens: maxTokens,
    system: systemBlocks.length > 0 ? systemBlocks : undefined,
    messages,
    tools: request.tools.length > 0 ? encodeTools(request) : undefined,
    tool_choice: toolChoice,
    thinking,
    output_config: outputConfig(request, effort),
    ...sampling({ request, traits, isThinking: thinking !== undefined && thinking['type'] !== 'disabled' }),
    stop_sequences: request.stopSequences.length > 0 ? request.stopSequences : undefined,
    metadata: request.user === undefined ? undefined : metadata(request.user),
    service_tier: serviceTier(request.serviceTier),
    stream: request.stream ? true : undefined,
  };
  noteLosses(request, body, context);
  return Buffer.from(writeExact(withQuirks(body, context.quirks)));
}

type Body = Readonly<
  Record<'temperature' | 'top_p' | 'top_k' | 'tool_choice' | 'thinking' | 'metadata' | 'service_tier', unknown>
>;

/**
 * What this model takes not, or not together with the rest of the request. That it does not think in the rest of a turn which
 * began without its own thoughts is not told: it does in the next.
 */
function noteLosses(request: ChatRequest, body: Body, context: RequestContext): void {
  const { serviceTier: tier } = request;
  noteDropped(context, {
    temperature: isLost(request.temperature, body.temperature),
    topP: isLost(request.topP, body.top_p),
    topK: isLost(request.topK, body.top_k),
    reasoning: asksToReason(request) && body.thinking === undefined && isForced(body.tool_choice),
    serviceTier: isLost(tier, body.service_tier),
    user: isLost(request.user, body.metadata),
  });
}

/** Whether a tool must be called. */
function isForced(toolChoice: unknown): boolean {
  const type = asObject(toolChoice)?.['type'];
  return type === 'any' || type === 'tool';
}

/** The wire knows answers by a schema, but not "some JSON": that is asked for in words. */
function jsonInstruction(format: OutputFormat | undefined): readonly JsonObject[] {
  if (format?.type !== 'json') return [];
  const text = 'Answer with a single valid JSON value and nothing else: no explanation, no Markdown, no code fences.';
  return [{ type: 'text', text }];
}

function outputConfig(request: ChatRequest, effort: string | undefined): JsonObject | undefined {
  const format = schemaFormat(request);
  if (!format && effort === undefined) return undefined;
  return { ...(effort === undefined ? {} : { effort }), ...(format ? { format } : {}) };
}

/** A schema that came on this wire is as its callers want it; others are made to obey what the provider demands. */
function schemaFormat({ origin, outputFormat }: ChatRequest): JsonObject | undefined {
  if (outputFormat?.type !== 'json-schema') return undefined;
  const { schema } = outputFormat;
  return { type: 'json_schema', schema: origin === WIRE ? schema : strictSchema(schema) };
}

/**
 * Temperatures end at 1 on this wire. While a model thinks it takes no temperature but 1, no `top_k`, and a `top_p` of
 * 0.95 or more; models since 4.7 are as strict at any time. Since 4.5 they refuse both temperature and `top_p` in one
 * request, which callers of other wires often send: the temperature is sent then.
 */
function sampling(asked: {
  readonly request: ChatRequest;
  readonly traits: ModelTraits;
  readonly isThinking: boolean;
}): Pick<Body, 'temperature' | 'top_p' | 'top_k'> {
  const { request, traits, isThinking } = asked;
  const isFixed = isThinking || traits.fixesSampling;
  const clamped = request.temperature === undefined ? undefined : Math.min(1, Math.max(0, request.temperature));
  const temperature = isFixed && clamped !== 1 ? undefined : clamped;
  const least = traits.fixesSampling ? 0.99 : isThinking ? 0.95 : Number.NEGATIVE_INFINITY;
  const isDouble = temperature !== undefined && request.origin !== WIRE;
  const { topP } = request;
  return {
    temperature,
    top_p: topP === undefined || topP < least || isDouble ? undefined : topP,
    top_k: isFixed ? undefined : request.topK,
  };
}

/** Ids of users end at 256 characters; a longer one would be refused, a shortened one would be another user's. */
function metadata(user: string): JsonObject | undefined {
  return user.length > 256 ? undefined : { user_id: user };
}

/** Capacity that was bought in advance is used with `auto`, and is not with `standard_only`. */
function serviceTier(tier: string | undefined): string | undefined {
  if (tier === 'auto' || tier === 'priority') return 'auto';
  return tier === 'default' || tier === 'standard' || tier === 'standard_only' ? 'standard_only' : undefined;
}

function withQuirks(body: JsonObject, { refusedMembers = [], renamedMembers = {} }: RequestQuirks): JsonObject {
  if (refusedMembers.length === 0 && Object.keys(renamedMembers).length === 0) return body;
  const members = Object.entries(body).filter(([key]) => !refusedMembers.includes(key));
  return Object.fromEntries(members.map(([key, value]) => [renamedMembers[key] ?? key, value]));
}
