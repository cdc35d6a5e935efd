import type { ChatRequest, OutputFormat, ReasoningWish } from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import type { ChatFacts } from '../protocol.ts';
import { invalidField, RequestFields } from '../request-fields.ts';
import { decodeInput } from './decode-input.ts';
import { decodeToolChoice, decodeTools } from './tools.ts';

/** Reads a whole request of this wire. */
export function decodeRequest(body: JsonObject, facts: ChatFacts): ChatRequest {
  const fields = new RequestFields(body, '');
  const include = fields.strings('include') ?? [];
  const text = fields.object('text');
  fields.value('model');
  fields.value('stream');
  const request: ChatRequest = {
    origin: 'openai-responses',
    stream: facts.stream,
    turns: decodeInput(fields),
    tools: decodeTools(fields),
    toolChoice: decodeToolChoice(fields),
    parallelToolCalls: fields.boolean('parallel_tool_calls'),
    maxOutputTokens: fields.count('max_output_tokens'),
    temperature: fields.number('temperature'),
    topP: fields.number('top_p'),
    topK: undefined,
    frequencyPenalty: fields.number('frequency_penalty'),
    presencePenalty: fields.number('presence_penalty'),
    stopSequences: [],
    seed: undefined,
    choices: undefined,
    logprobs: decodeLogprobs(fields, include),
    logitBias: undefined,
    reasoning: decodeReasoning(fields.object('reasoning')),
    outputFormat: decodeFormat(text?.object('format')),
    verbosity: text?.string('verbosity'),
    modalities: undefined,
    audioOutput: undefined,
    serviceTier: fields.string('service_tier'),
    // The newer of two names for the same.
    user: fields.string('safety_identifier') ?? fields.string('user'),
    metadata: decodeMetadata(fields.object('metadata'), body['metadata']),
    store: fields.boolean('store'),
    previousResponseId: fields.string('previous_response_id'),
    promptCacheKey: fields.string('prompt_cache_key'),
    prediction: undefined,
    safetySettings: undefined,
    ...(include.includes(ENCRYPTED) ? { encryptedReasoning: true } : {}),
    unknownMembers: [],
  };
  const unknown = unknownMembers(fields, { body, include });
  return unknown === undefined ? request : { ...request, ...unknown };
}

/** Members that are no part of the vocabulary, by what it means to leave them out; undefined: there are none. */
function unknownMembers(fields: RequestFields, { body, include }: { body: JsonObject; include: readonly string[] }) {
  const unread = fields.unreadPaths();
  const isHint = (key: string) => isHarmless(key, body);
  const hasMore = include.some((word) => word !== ENCRYPTED && word !== LOGPROBS);
  if (unread.length === 0 && !hasMore) return undefined;
  const unknown = unread.filter((key) => !isHint(key));
  return {
    unknownMembers: hasMore ? [...unknown, 'include'] : unknown,
    essentialMembers: unknown.filter((key) => essential.has(key)),
    hintMembers: unread.filter(isHint),
  } satisfies Partial<ChatRequest>;
}

/** What is said lies with the provider. */
const essential: ReadonlySet<string> = new Set(['conversation', 'prompt']);

/** What `include` calls the cipher of reasoning. */
export const ENCRYPTED = 'reasoning.encrypted_content';
export const LOGPROBS = 'message.output_text.logprobs';

/** Members without which the answer is the same: hints to the cache, limits of tools that the provider runs, defaults. */
const harmless: ReadonlySet<string> = new Set([
  'stream_options',
  'user',
  'client_metadata',
  'prompt_cache_retention',
  'prompt_cache_options',
  'max_tool_calls',
]);

function isHarmless(key: string, body: JsonObject): boolean {
  if (key === 'background') return body[key] === false;
  return key === 'truncation' ? body[key] === 'disabled' : harmless.has(key);
}

function decodeLogprobs(fields: RequestFields, include: readonly string[]): ChatRequest['logprobs'] {
  const top = fields.count('top_logprobs');
  return include.includes(LOGPROBS) || (top ?? 0) > 0 ? { top } : undefined;
}

function decodeReasoning(fields: RequestFields | undefined): ReasoningWish | undefined {
  if (!fields) return undefined;
  const effort = fields.string('effort');
  const summary = fields.string('summary') ?? fields.string('generate_summary');
  if (effort === undefined && summary === undefined) return undefined;
  return { mode: effort === 'none' ? 'off' : undefined, effort, budgetTokens: undefined, summary };
}

function decodeFormat(format: RequestFields | undefined): OutputFormat | undefined {
  const type = format?.requiredString('type');
  switch (type) {
    case undefined:
      return undefined;
    case 'text':
      return { type };
    case 'json_object':
      return { type: 'json' };
    case 'json_schema':
      return {
        type: 'json-schema',
        name: format!.string('name'),
        description: format!.string('description'),
        schema: format!.value('schema'),
        strict: format!.boolean('strict'),
      };
    default:
      throw invalidField('text.format.type', 'must be text, json_object or json_schema');
  }
}

function decodeMetadata(fields: RequestFields | undefined, value: unknown): ChatRequest['metadata'] {
  if (!fields) return undefined;
  const keys = Object.keys(value as JsonObject);
  const entries = keys.map((key) => [key, fields.string(key)] as const).filter(([, text]) => text !== undefined);
  return Object.fromEntries(entries) as Readonly<Record<string, string>>;
}
