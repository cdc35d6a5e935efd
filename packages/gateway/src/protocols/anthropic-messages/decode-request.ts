import type { ChatRequest, OutputFormat, ReasoningWish, Turn } from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import type { ChatFacts } from '../protocol.ts';
import { invalidField, RequestFields } from '../request-fields.ts';
import { decodeCacheMark } from './decode-blocks.ts';
import { decodeToolChoice, decodeTools } from './decode-tools.ts';
import { decodeTurns, markLastPart } from './decode-turns.ts';
import { WIRE } from './wire.ts';

/**
 * Reads a whole request. `max_tokens` may be missing though the wire's inventor insists on it: other upstreams do not.
 * Members of a tool that only steer this provider's own loading of tools (`defer_loading`, `input_examples`,
 * `eager_input_streaming`) are read over: elsewhere every tool is simply there.
 */
export function decodeRequest(body: JsonObject, facts: ChatFacts): ChatRequest {
  const fields = new RequestFields(body, '');
  fields.value('model');
  fields.value('stream');
  const outputConfig = fields.object('output_config');
  const metadata = fields.object('metadata');
  const thinking = fields.object('thinking');
  return {
    origin: WIRE,
    stream: facts.stream,
    turns: turnsOf(fields),
    tools: decodeTools(fields),
    ...decodeToolChoice(fields),
    maxOutputTokens: fields.count('max_tokens'),
    temperature: fields.number('temperature'),
    topP: fields.number('top_p'),
    topK: fields.number('top_k'),
    stopSequences: fields.strings('stop_sequences') ?? [],
    reasoning: reasoningWish(thinking, outputConfig),
    outputFormat: outputFormat(outputConfig?.object('format') ?? fields.object('output_format')),
    serviceTier: serviceTier(fields.string('service_tier')),
    user: metadata?.string('user_id'),
    ...unsaid,
    unknownMembers: fields.unreadPaths(),
  };
}

/** What the wire has no words for. */
const unsaid = {
  frequencyPenalty: undefined,
  presencePenalty: undefined,
  seed: undefined,
  choices: undefined,
  logprobs: undefined,
  logitBias: undefined,
  verbosity: undefined,
  modalities: undefined,
  audioOutput: undefined,
  metadata: undefined,
  store: undefined,
  previousResponseId: undefined,
  promptCacheKey: undefined,
  prediction: undefined,
  safetySettings: undefined,
};

/** `cache_control` of the body itself stands for a mark on the last block. */
function turnsOf(fields: RequestFields): readonly Turn[] {
  const turns = decodeTurns(fields);
  const cache = decodeCacheMark(fields);
  fields.value('cache_control');
  return cache ? markLastPart(turns, cache) : turns;
}

/** `between_tools` is a thinking of which the model itself decides when. */
const modes: Readonly<Record<string, ReasoningWish['mode']>> = {
  enabled: 'on',
  disabled: 'off',
  adaptive: 'adaptive',
  between_tools: 'adaptive',
};

function reasoningWish(
  thinking: RequestFields | undefined,
  outputConfig: RequestFields | undefined,
): ReasoningWish | undefined {
  const effort = outputConfig?.string('effort');
  if (!thinking) return effort === undefined ? undefined : { ...noWish, effort };
  const type = thinking.requiredString('type');
  if (!Object.hasOwn(modes, type)) throw invalidField('thinking.type', 'must be "enabled", "adaptive" or "disabled"');
  const display = thinking.string('display');
  return {
    mode: modes[type],
    effort,
    budgetTokens: thinking.count('budget_tokens'),
    summary: display === undefined ? undefined : display === 'omitted' ? 'none' : 'auto',
  };
}

const noWish: ReasoningWish = { mode: undefined, effort: undefined, budgetTokens: undefined, summary: undefined };

/** `output_config.format`, or `output_format` as it was called while it was a beta. */
function outputFormat(format: RequestFields | undefined): OutputFormat | undefined {
  if (!format) return undefined;
  if (format.requiredString('type') !== 'json_schema')
    throw invalidField(format.pathOf('type'), 'must be "json_schema"');
  const schema = format.value('schema');
  if (schema === undefined) throw invalidField(format.pathOf('schema'), 'is required');
  return { type: 'json-schema', name: format.string('name'), description: undefined, schema, strict: true };
}

/** `standard_only` declines the capacity that was bought in advance: what the other wires call `default`. */
function serviceTier(tier: string | undefined): string | undefined {
  return tier === 'standard_only' ? 'default' : tier;
}
