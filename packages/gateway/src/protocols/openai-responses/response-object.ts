import type { ChatAnswer } from '../../canonical/chat-answer.ts';
import type { JsonObject } from '../../canonical/json.ts';
import type { Usage } from '../../canonical/usage.ts';
import type { AnswerContext } from '../protocol.ts';
import { encodeInstructions } from './encode-input.ts';
import { encodeFormat } from './encode-request.ts';
import type { EncodedFinish } from './finish-reason.ts';
import { responseId } from './ids.ts';
import { encodeToolChoice, encodeTools } from './tools.ts';
import { encodeUsage } from './usage.ts';

interface ResponseInput {
  readonly context: AnswerContext;
  readonly head: Pick<ChatAnswer, 'id' | 'model' | 'created' | 'serviceTier'>;
  /** Undefined while the answer is being made. */
  readonly ending:
    | { readonly finish: EncodedFinish; readonly usage: Usage | undefined; readonly output: readonly JsonObject[] }
    | undefined;
}

/**
 * The `response` object: the answer, and what was asked for. Client libraries are typed to find every member, so each
 * is there, with the service's own default where the caller said nothing.
 */
export function responseObject({ context, head, ending }: ResponseInput): JsonObject {
  const created = head.created ?? context.created;
  return {
    id: responseId(head.id, context.id),
    object: 'response',
    created_at: created,
    status: ending?.finish.status ?? 'in_progress',
    background: false,
    error: null,
    incomplete_details: ending?.finish.incompleteDetails ?? null,
    ...requestEcho(context),
    model: head.model ?? context.model,
    output: ending?.output ?? [],
    service_tier: head.serviceTier ?? 'default',
    // A whole answer has usage always: without it the `ai` package does not know its last event.
    usage: ending ? encodeUsage(ending.usage ?? { input: 0, output: 0 }) : null,
  };
}

function requestEcho({ request }: AnswerContext): JsonObject {
  const { reasoning, outputFormat, verbosity, logprobs } = request;
  return {
    instructions: encodeInstructions(request) ?? null,
    max_output_tokens: request.maxOutputTokens ?? null,
    max_tool_calls: null,
    metadata: request.metadata ?? {},
    parallel_tool_calls: request.parallelToolCalls ?? true,
    previous_response_id: request.previousResponseId ?? null,
    prompt_cache_key: request.promptCacheKey ?? null,
    reasoning: { effort: reasoning?.effort ?? null, summary: reasoning?.summary ?? null },
    safety_identifier: null,
    store: request.store ?? true,
    temperature: request.temperature ?? 1,
    text: { format: encodeFormat(outputFormat ?? { type: 'text' }), verbosity: verbosity ?? 'medium' },
    tool_choice: encodeToolChoice(request) ?? 'auto',
    tools: encodeTools(request) ?? [],
    top_logprobs: logprobs?.top ?? 0,
    top_p: request.topP ?? 1,
    truncation: 'disabled',
    user: request.user ?? null,
  };
}
