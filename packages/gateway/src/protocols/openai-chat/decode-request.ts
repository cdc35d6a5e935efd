import type { ChatRequest, OutputFormat } from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import type { ChatFacts } from '../protocol.ts';
import { invalidField, RequestFields } from '../request-fields.ts';
import { decodeMessages } from './decode-messages.ts';
import { decodeReasoning } from './decode-reasoning.ts';
import { decodeToolChoice, decodeTools } from './decode-tools.ts';

/** Reads a whole request of `/v1/chat/completions`. */
export function decodeRequest(body: JsonObject, facts: ChatFacts): ChatRequest {
  const fields = new RequestFields(body, '');
  for (const key of ['model', 'stream', 'stream_options']) fields.value(key);
  const newLimit = fields.count('max_completion_tokens');
  const oldLimit = fields.count('max_tokens');
  const modern = fields.has('tools') || fields.has('tool_choice');
  const request: ChatRequest = {
    origin: 'openai-chat',
    stream: facts.stream,
    turns: decodeMessages(fields),
    tools: decodeTools(fields),
    toolChoice: decodeToolChoice(fields),
    parallelToolCalls: fields.boolean('parallel_tool_calls'),
    maxOutputTokens: newLimit ?? oldLimit,
    ...sampling(fields),
    reasoning: decodeReasoning(fields),
    outputFormat: decodeFormat(fields),
    verbosity: fields.string('verbosity'),
    modalities: fields.strings('modalities'),
    audioOutput: fields.object('audio') ? fields.value('audio') : undefined,
    ...bookkeeping(fields),
    prediction: fields.value('prediction'),
    previousResponseId: undefined,
    safetySettings: undefined,
    unknownMembers: [],
    ...(!modern && fields.has('functions') ? { singleFunctionCalls: true } : {}),
  };
  return { ...request, unknownMembers: fields.unreadPaths() };
}

function sampling(fields: RequestFields) {
  return {
    temperature: fields.number('temperature'),
    topP: fields.number('top_p'),
    topK: fields.count('top_k'),
    frequencyPenalty: fields.number('frequency_penalty'),
    presencePenalty: fields.number('presence_penalty'),
    stopSequences: stopSequences(fields),
    seed: fields.value('seed') ?? fields.value('random_seed'),
    choices: fields.count('n'),
    logprobs: decodeLogprobs(fields),
    logitBias: decodeLogitBias(fields),
  } satisfies Partial<ChatRequest>;
}

/** Libraries send an empty one, which says nothing. */
function decodeLogitBias(fields: RequestFields): unknown {
  const bias = fields.object('logit_bias');
  return bias === undefined || bias.unread().length === 0 ? undefined : fields.value('logit_bias');
}

function bookkeeping(fields: RequestFields) {
  // The end user has a new name at OpenAI; whoever sends both means the same person.
  const safetyIdentifier = fields.string('safety_identifier');
  return {
    serviceTier: fields.string('service_tier'),
    user: fields.string('user') ?? safetyIdentifier,
    metadata: decodeMetadata(fields),
    store: fields.boolean('store'),
    promptCacheKey: fields.string('prompt_cache_key'),
  } satisfies Partial<ChatRequest>;
}

function stopSequences(fields: RequestFields): readonly string[] {
  const stop = fields.value('stop');
  if (typeof stop === 'string') return [stop];
  return fields.strings('stop') ?? [];
}

function decodeLogprobs(fields: RequestFields): ChatRequest['logprobs'] {
  const top = fields.count('top_logprobs');
  return fields.boolean('logprobs') === true ? { top } : undefined;
}

function decodeMetadata(fields: RequestFields): Readonly<Record<string, string>> | undefined {
  const metadata = fields.object('metadata');
  if (!metadata) return undefined;
  const value = fields.value('metadata') as JsonObject;
  return Object.fromEntries(Object.keys(value).map((key) => [key, metadata.string(key) ?? '']));
}

function decodeFormat(fields: RequestFields): OutputFormat | undefined {
  const format = fields.object('response_format');
  if (!format) return undefined;
  const type = format.requiredString('type');
  if (type === 'text') return { type: 'text' };
  if (type === 'json_object') {
    // Fireworks and Together take a schema here.
    const schema = format.value('schema');
    if (schema === undefined) return { type: 'json' };
    return { type: 'json-schema', name: undefined, description: undefined, schema, strict: undefined };
  }
  if (type !== 'json_schema') throw invalidField(format.pathOf('type'), 'must be text, json_object or json_schema');
  const definition = format.object('json_schema');
  if (!definition) throw invalidField(format.pathOf('json_schema'), 'is required');
  return {
    type: 'json-schema',
    name: definition.string('name'),
    description: definition.string('description'),
    schema: definition.value('schema'),
    strict: definition.boolean('strict'),
  };
}
