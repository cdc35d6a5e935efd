import { createHash } from 'node:crypto';
import type { ChatRequest, OutputFormat, ReasoningWish, Tool, ToolChoice, Turn } from '../../canonical/conversation.ts';
import { isObject, type JsonObject } from '../../canonical/json.ts';
import { plainEffortOfBudget } from '../../canonical/reasoning-budget.ts';
import { writeExact } from '../../framing/exact-json.ts';
import { withStrictSchemas } from '../openai-strict.ts';
import type { RequestContext, RequestQuirks } from '../protocol.ts';
import { withUnread } from '../unread-members.ts';
import { lacksWordJson, WISH_FOR_JSON } from '../word-json.ts';
import { WEB_SEARCH_OPTIONS } from './decode-tools.ts';
import { cacheControl } from './encode-content.ts';
import { encodeMessages, endsInPrefill } from './encode-messages.ts';

const WIRE = 'openai-chat';

/** The body of a request to `/v1/chat/completions`. */
export function encodeRequest(asked: ChatRequest, context: RequestContext): Buffer {
  const { model, quirks } = context;
  const request = withStrictSchemas(asked, context);
  const members: Record<string, unknown> = {
    model,
    messages: encodeMessages(turnsOf(request), quirks),
    ...prefilling(request, quirks),
    ...streaming(request, quirks),
    ...tooling(request),
    [quirks.maxTokensField ?? 'max_completion_tokens']: request.maxOutputTokens,
    ...sampling(request),
    ...encodeReasoning(request.reasoning, quirks),
    response_format: request.outputFormat && encodeFormat(request.outputFormat),
    ...bookkeeping(request),
  };
  for (const [ours, theirs] of Object.entries(quirks.renamedMembers ?? {})) {
    if (members[ours] === undefined) continue;
    members[theirs] = members[ours];
    delete members[ours];
  }
  for (const refused of quirks.refusedMembers ?? []) delete members[refused];
  return Buffer.from(writeExact(members));
}

/** Its own callers say the word themselves. It goes to the system's text: not every server takes such a turn elsewhere. */
function turnsOf(request: ChatRequest): readonly Turn[] {
  const { turns, origin } = request;
  if (origin === WIRE || !lacksWordJson(request)) return turns;
  const begun = turns.findIndex((turn) => !isSystem(turn));
  const opening = begun === -1 ? turns : turns.slice(0, begun);
  const system = opening.at(-1);
  const last = system?.parts.at(-1);
  if (!system || last?.type !== 'text') {
    return [{ role: 'system', parts: [{ type: 'text', text: WISH_FOR_JSON }] }, ...turns];
  }
  const wish = { ...last, text: last.text === '' ? WISH_FOR_JSON : `${last.text}\n\n${WISH_FOR_JSON}` };
  const wishful = { ...system, parts: [...system.parts.slice(0, -1), wish] };
  return [...opening.slice(0, -1), wishful, ...turns.slice(opening.length)];
}

function isSystem({ role }: Turn): boolean {
  return role === 'system' || role === 'developer';
}

function streaming({ stream }: ChatRequest, { refusesStreamOptions }: RequestQuirks): JsonObject {
  if (!stream) return {};
  // Usage is asked for whether or not the caller did: the gateway counts by it.
  return refusesStreamOptions === true ? { stream } : { stream, stream_options: { include_usage: true } };
}

/** Servers that fill in the chat template themselves are told not to close the last message in it. */
function prefilling({ turns }: ChatRequest, { assistantPrefill }: RequestQuirks): JsonObject {
  if (assistantPrefill !== 'continue_final_message' || !endsInPrefill(turns)) return {};
  return { continue_final_message: true, add_generation_prompt: false };
}

function tooling({ tools, toolChoice, parallelToolCalls }: ChatRequest): JsonObject {
  const search = tools.find((tool) => tool.type === 'builtin' && tool.name === WEB_SEARCH_OPTIONS);
  const listed = tools.filter((tool) => tool !== search && (tool.type !== 'builtin' || tool.origin === 'openai-chat'));
  return {
    ...(search?.type === 'builtin' && search.origin === 'openai-chat' ? { [WEB_SEARCH_OPTIONS]: search.value } : {}),
    // Choices about no tools at all are refused.
    ...(listed.length === 0
      ? {}
      : {
          tools: listed.map(encodeTool),
          tool_choice: toolChoice && encodeToolChoice(toolChoice, tools),
          parallel_tool_calls: parallelToolCalls,
        }),
  };
}

function encodeTool(tool: Tool): unknown {
  if (tool.type === 'builtin') return tool.value;
  const { name, description } = tool;
  if (tool.type === 'custom') {
    return withUnread({ type: 'custom', custom: { name, description, format: tool.format } }, tool, WIRE);
  }
  // Some compatible providers insist on a schema.
  const parameters = tool.schema ?? { type: 'object', properties: {} };
  const definition = { name, description, parameters, strict: tool.strict };
  return withUnread({ type: 'function', function: definition, ...cacheControl(tool.cache) }, tool, WIRE);
}

function encodeToolChoice(choice: ToolChoice, tools: readonly Tool[]): unknown {
  if (choice.native?.origin === WIRE) return choice.native.value;
  const named = (name: string): JsonObject => {
    const isCustom = tools.some((tool) => tool.type === 'custom' && tool.name === name);
    return isCustom ? { type: 'custom', custom: { name } } : { type: 'function', function: { name } };
  };
  if (choice.type === 'tool') return named(choice.name);
  if (choice.type !== 'allowed') return choice.type;
  return { type: 'allowed_tools', allowed_tools: { mode: choice.mode, tools: choice.names.map(named) } };
}

function sampling(request: ChatRequest): JsonObject {
  const { stopSequences, logprobs } = request;
  return {
    temperature: request.temperature,
    top_p: request.topP,
    top_k: request.topK,
    frequency_penalty: request.frequencyPenalty,
    presence_penalty: request.presencePenalty,
    stop: stopSequences.length === 0 ? undefined : stopSequences,
    seed: request.seed,
    n: request.choices,
    logprobs: logprobs ? true : undefined,
    top_logprobs: logprobs?.top,
    logit_bias: request.logitBias,
  };
}

function bookkeeping(request: ChatRequest): JsonObject {
  const { metadata, store, origin } = request;
  return {
    verbosity: request.verbosity,
    modalities: request.modalities,
    audio: encodeSpeech(request),
    service_tier: request.serviceTier && (tiers[request.serviceTier] ?? request.serviceTier),
    user: request.user && shortName(request.user),
    // OpenAI's chat wire refuses metadata of answers that are not kept; its other wire takes them always.
    metadata: store === true || origin === 'openai-chat' ? metadata : undefined,
    store,
    prompt_cache_key: request.promptCacheKey,
    prediction: request.prediction,
  };
}

/** OpenAI insists on both members and takes no others; raw samples are what Gemini's clients expect. */
function encodeSpeech({ audioOutput, origin }: ChatRequest): unknown {
  if (origin === 'openai-chat' || !isObject(audioOutput)) return audioOutput;
  const { voice = 'alloy', format = 'pcm16' } = audioOutput;
  return { voice, format };
}

/** Anthropic's words for a tier, in OpenAI's. */
const tiers: Readonly<Record<string, string | undefined>> = { standard_only: 'default', standard: 'default' };

/** OpenAI refuses names of end users of more than 64 characters; agents send whole records in their place. */
function shortName(user: string): string {
  return user.length <= 64 ? user : createHash('sha256').update(user).digest('hex');
}

function encodeReasoning(wish: ReasoningWish | undefined, { reasoningForm }: RequestQuirks): JsonObject {
  if (!wish) return {};
  const { mode, budgetTokens } = wish;
  switch (reasoningForm) {
    case 'reasoning':
      return { reasoning: openRouterReasoning(wish) };
    case 'thinking':
      return { ...(mode === undefined && wish.effort === undefined ? {} : thinkingSwitch(wish)), ...plainEffort(wish) };
    case 'enable_thinking':
      return {
        enable_thinking: mode === undefined && effortOf(wish) === undefined ? undefined : mode !== 'off',
        thinking_budget: budgetTokens,
      };
    default:
      return { reasoning_effort: effortOf(wish) };
  }
}

/** OpenRouter takes an effort or a budget, not both. */
function openRouterReasoning({ mode, effort, budgetTokens, summary }: ReasoningWish): JsonObject {
  const hidden = summary === 'none' ? { exclude: true } : {};
  if (mode === 'off') return effort === undefined ? { enabled: false, ...hidden } : { effort, ...hidden };
  if (budgetTokens !== undefined) return { max_tokens: budgetTokens, ...hidden };
  return effort === undefined ? { enabled: mode === undefined ? undefined : true, ...hidden } : { effort, ...hidden };
}

function thinkingSwitch({ mode, effort }: ReasoningWish): JsonObject {
  return { thinking: { type: mode === 'off' || effort === 'none' ? 'disabled' : 'enabled' } };
}

function plainEffort({ mode, effort }: ReasoningWish): JsonObject {
  return mode === 'off' ? {} : { reasoning_effort: effort };
}

/**
 * OpenAI's word for a wish. Models of this wire differ in the words they take: an effort that was made of a budget
 * stays among the three that every reasoning model knows, and a wish for no reasoning is left out unless the caller
 * chose the word `none` itself, since older models refuse it and models that do not reason refuse the member.
 */
function effortOf({ mode, effort, budgetTokens }: ReasoningWish): string | undefined {
  if (effort !== undefined) return effort === 'max' ? 'xhigh' : effort;
  if (mode === 'off' || budgetTokens === undefined) return undefined;
  return plainEffortOfBudget(budgetTokens);
}

function encodeFormat(format: OutputFormat): JsonObject {
  if (format.type === 'text') return { type: 'text' };
  if (format.type === 'json') return { type: 'json_object' };
  const { name = 'response', description, schema, strict } = format;
  return { type: 'json_schema', json_schema: { name, description, schema, strict } };
}
