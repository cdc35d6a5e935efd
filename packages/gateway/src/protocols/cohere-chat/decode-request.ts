import type {
  ChatRequest,
  MediaPart,
  OutputFormat,
  ReasoningWish,
  Tool,
  ToolChoice,
  Turn,
} from '../../canonical/conversation.ts';
import type { JsonObject } from '../../canonical/json.ts';
import type { ChatFacts } from '../protocol.ts';
import { invalidField, RequestFields } from '../request-fields.ts';
import { unreadMembers } from '../unread-members.ts';
import { decodeMessages } from './decode-messages.ts';
import { decodeDocument } from './documents.ts';

/** What routing needs of a request. Cohere's streams always end with their usage. */
export function readFacts(body: JsonObject): ChatFacts {
  const fields = new RequestFields(body, '');
  messagesOf(fields);
  return {
    model: fields.string('model'),
    stream: fields.boolean('stream') ?? false,
    includeUsage: true,
    choices: 1,
  };
}

/** Reads a request to `POST /v2/chat`. */
export function decodeRequest(body: JsonObject, facts: ChatFacts): ChatRequest {
  const fields = new RequestFields(body, '');
  fields.value('model');
  fields.value('stream');
  const turns = decodeMessages(messagesOf(fields));
  return {
    origin: 'cohere-chat',
    stream: facts.stream,
    turns: withDocuments(turns, decodeDocuments(fields)),
    tools: decodeTools(fields),
    toolChoice: decodeToolChoice(fields),
    outputFormat: decodeOutputFormat(fields),
    reasoning: decodeReasoning(fields),
    ...decodeSampling(fields),
    ...absent,
    safetySettings: fields.value('safety_mode'),
    unknownMembers: fields.unreadPaths(),
  };
}

/** What this wire has no words for. */
const absent = {
  parallelToolCalls: undefined,
  choices: undefined,
  logitBias: undefined,
  verbosity: undefined,
  modalities: undefined,
  audioOutput: undefined,
  serviceTier: undefined,
  user: undefined,
  metadata: undefined,
  store: undefined,
  previousResponseId: undefined,
  promptCacheKey: undefined,
  prediction: undefined,
} as const;

function messagesOf(fields: RequestFields): readonly RequestFields[] {
  const messages = fields.objects('messages');
  if (messages.length > 0) return messages;
  throw invalidField('messages', fields.has('messages') ? 'must hold at least one message' : 'is required');
}

function decodeSampling(fields: RequestFields) {
  return {
    maxOutputTokens: fields.count('max_tokens'),
    temperature: fields.number('temperature'),
    topP: fields.number('p'),
    topK: fields.number('k'),
    frequencyPenalty: fields.number('frequency_penalty'),
    presencePenalty: fields.number('presence_penalty'),
    stopSequences: fields.strings('stop_sequences') ?? [],
    seed: decodeSeed(fields),
    logprobs: fields.boolean('logprobs') === true ? { top: undefined } : undefined,
  };
}

/** Kept as it was written: seeds have up to 64 bits. */
function decodeSeed(fields: RequestFields): unknown {
  fields.number('seed');
  return fields.value('seed');
}

/** The documents beside the conversation. They are cited unless the caller turned citations off. */
function decodeDocuments(fields: RequestFields): readonly MediaPart[] {
  const mode = fields.object('citation_options')?.string('mode')?.toUpperCase();
  const isCitable = mode !== 'OFF' && mode !== 'DISABLED';
  const documents = fields.array('documents') ?? [];
  return documents.map((document, index) => decodeDocument(document, `documents[${index}]`, isCitable));
}

/** Documents stand before the words of the last turn in which the user speaks: what is asked is asked of them. */
function withDocuments(turns: readonly Turn[], documents: readonly MediaPart[]): readonly Turn[] {
  if (documents.length === 0) return turns;
  const at = turns.findLastIndex(({ role, parts }) => role === 'user' && parts.some(({ type }) => type === 'text'));
  const turn = turns[at];
  if (!turn) return [...turns, { role: 'user', parts: documents }];
  return turns.with(at, { ...turn, parts: [...documents, ...turn.parts] });
}

function decodeTools(fields: RequestFields): readonly Tool[] {
  const strict = fields.boolean('strict_tools');
  return fields.objects('tools').map((tool) => {
    const type = tool.string('type') ?? 'function';
    if (type !== 'function') throw invalidField(tool.pathOf('type'), 'must be "function"');
    const called = tool.object('function');
    if (!called) throw invalidField(tool.pathOf('function'), 'must be an object');
    return {
      type,
      name: called.requiredString('name'),
      description: called.string('description'),
      schema: called.value('parameters'),
      strict,
      ...unreadMembers(tool, 'cohere-chat'),
    };
  });
}

function decodeToolChoice(fields: RequestFields): ToolChoice | undefined {
  const choice = fields.string('tool_choice');
  switch (choice) {
    case undefined:
      return undefined;
    case 'REQUIRED':
      return { type: 'required' };
    case 'NONE':
      return { type: 'none' };
    default:
      throw invalidField('tool_choice', 'must be REQUIRED or NONE');
  }
}

function decodeOutputFormat(fields: RequestFields): OutputFormat | undefined {
  const format = fields.object('response_format');
  if (!format) return undefined;
  const type = format.requiredString('type');
  if (type === 'text') return { type };
  if (type !== 'json_object') throw invalidField(format.pathOf('type'), 'must be text or json_object');
  // The API's first edition called it `schema`, and the second still takes that.
  const schema = format.value('json_schema') ?? format.value('schema');
  if (schema === undefined) return { type: 'json' };
  return { type: 'json-schema', name: undefined, description: undefined, schema, strict: undefined };
}

function decodeReasoning(fields: RequestFields): ReasoningWish | undefined {
  const thinking = fields.object('thinking');
  if (!thinking) return undefined;
  const type = thinking.requiredString('type');
  if (type !== 'enabled' && type !== 'disabled') {
    throw invalidField(thinking.pathOf('type'), 'must be enabled or disabled');
  }
  const budgetTokens = thinking.count('token_budget');
  return { mode: type === 'enabled' ? 'on' : 'off', effort: undefined, budgetTokens, summary: undefined };
}
