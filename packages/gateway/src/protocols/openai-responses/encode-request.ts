import type { ChatRequest, OutputFormat, ReasoningWish } from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import { plainEffortOfBudget } from '../../canonical/reasoning-budget.ts';
import { writeExact } from '../../framing/exact-json.ts';
import { withStrictSchemas } from '../openai-strict.ts';
import type { RequestContext, RequestQuirks } from '../protocol.ts';
import { ENCRYPTED, LOGPROBS } from './decode-request.ts';
import { encodeInput, encodeInstructions } from './encode-input.ts';
import { boundedId } from './ids.ts';
import { encodeToolChoice, encodeTools } from './tools.ts';

/** The body of a request on this wire. */
export function encodeRequest(asked: ChatRequest, context: RequestContext): Buffer {
  const request = withStrictSchemas(asked, context);
  const body: JsonObject = {
    model: context.model,
    stream: request.stream || undefined,
    instructions: encodeInstructions(request),
    input: encodeInput(request, context.quirks),
    tools: encodeTools(request),
    tool_choice: encodeToolChoice(request),
    parallel_tool_calls: request.parallelToolCalls,
    max_output_tokens: outputLimit(request),
    temperature: request.temperature,
    top_p: request.topP,
    top_logprobs: request.logprobs?.top,
    include: encodeInclude(request),
    reasoning: encodeReasoning(request),
    text: encodeText(request),
    service_tier: request.serviceTier,
    user: request.user === undefined ? undefined : boundedId(request.user),
    metadata: request.metadata,
    // Unasked the provider would keep the conversation, which no other wire's callers expect.
    store: request.store ?? (isOwn(request) ? undefined : false),
    previous_response_id: request.previousResponseId,
    prompt_cache_key: request.promptCacheKey,
  };
  return Buffer.from(writeExact(adapt(body, context.quirks)));
}

function isOwn({ origin }: ChatRequest): boolean {
  return origin === 'openai-responses';
}

/** The service refuses a limit below 16 outright; other wires' callers ask for one token to try a model or a key. */
function outputLimit(request: ChatRequest): number | undefined {
  const { maxOutputTokens } = request;
  return maxOutputTokens === undefined || isOwn(request) ? maxOutputTokens : Math.max(16, maxOutputTokens);
}

/** Reasoning comes back with its cipher, so that the next turn can show it without anything being stored. */
function encodeInclude(request: ChatRequest): string[] | undefined {
  const include = [...(wantsCipher(request) ? [ENCRYPTED] : []), ...(request.logprobs === undefined ? [] : [LOGPROBS])];
  return include.length > 0 ? include : undefined;
}

/** Models that do not reason refuse to be asked for the cipher: it is asked for where reasoning is. */
function wantsCipher(request: ChatRequest): boolean {
  if (isOwn(request)) return request.encryptedReasoning === true;
  const wish = encodeReasoning(request);
  const hasProof = request.turns.some(({ parts }) =>
    parts.some((part) => part.type === 'reasoning' && part.signature?.origin === 'openai-responses'),
  );
  return hasProof || (wish !== undefined && wish['effort'] !== 'none');
}

function encodeReasoning({ reasoning, origin }: ChatRequest): JsonObject | undefined {
  if (!reasoning) return undefined;
  const effort = effortOf(reasoning);
  const summary = summaryOf(reasoning, origin === 'openai-responses');
  if (effort === undefined && summary === undefined) return undefined;
  return { effort, summary };
}

function effortOf({ mode, effort, budgetTokens }: ReasoningWish): string | undefined {
  if (mode === 'off') return 'none';
  return effort ?? (budgetTokens === undefined ? undefined : plainEffortOfBudget(budgetTokens));
}

/** Where thinking was switched on its text is expected, as other wires show it; here that has to be asked for. */
function summaryOf({ mode, summary }: ReasoningWish, isOwnWish: boolean): string | undefined {
  if (summary !== undefined) return summary === 'none' ? undefined : summary;
  return !isOwnWish && (mode === 'on' || mode === 'adaptive') ? 'auto' : undefined;
}

function encodeText({ outputFormat, verbosity }: ChatRequest): JsonObject | undefined {
  if (outputFormat === undefined && verbosity === undefined) return undefined;
  return { format: outputFormat && encodeFormat(outputFormat), verbosity };
}

/** The form of an answer, as `text.format` has it. */
export function encodeFormat(format: OutputFormat): JsonObject {
  if (format.type === 'text') return { type: 'text' };
  if (format.type === 'json') return { type: 'json_object' };
  const { name = 'answer', description, schema, strict } = format;
  return { type: 'json_schema', name, description, schema: schema ?? { type: 'object' }, strict };
}

/** The body as the provider takes it. */
function adapt(body: JsonObject, { refusedMembers = [], renamedMembers = {} }: RequestQuirks): JsonObject {
  if (refusedMembers.length === 0 && Object.keys(renamedMembers).length === 0) return body;
  return Object.fromEntries(
    Object.entries(body)
      .filter(([key]) => !refusedMembers.includes(key))
      .map(([key, value]) => [renamedMembers[key] ?? key, value]),
  );
}
