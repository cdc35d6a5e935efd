import type { ChatRequest, Part, ReasoningPart, Turn } from '../../canonical/conversation.ts';
import { asQuotedCount, isObject, type JsonObject } from '../../canonical/json.ts';
import { toNumber } from '../../framing/exact-json.ts';
import type { ChatFacts } from '../protocol.ts';
import { invalidField } from '../request-fields.ts';
import { unreadMembers } from '../unread-members.ts';
import { configOf, decodeConfig, decodeResolution, decodeSafety } from './decode-config.ts';
import { decodePart, type PartPlace } from './decode-part.ts';
import { RequestReading } from './request-reading.ts';
import { decodeToolChoice, decodeTools } from './tools.ts';
import { decodeServiceTier } from './usage.ts';
import { WIRE } from './wire.ts';
import { WireFields } from './wire-fields.ts';

/** Checks what every request must have. Model and streaming are in the path: who reads that sets them. */
export function readFacts(body: JsonObject): ChatFacts {
  const contents = body['contents'];
  const isConversation = isObject(contents) || (Array.isArray(contents) && contents.length > 0);
  if (!isConversation) throw invalidField('contents', 'must be an array with at least one entry');
  const config = body['generationConfig'] ?? body['generation_config'];
  const count = isObject(config) ? (config['candidateCount'] ?? config['candidate_count']) : undefined;
  const choices = toNumber(count) ?? asQuotedCount(count);
  const serviceTier = decodeServiceTier(body['serviceTier'] ?? body['service_tier']);
  return { model: undefined, stream: false, includeUsage: true, choices: choices ?? 1, serviceTier };
}

/** Reads a request for an answer, whole or streamed. */
export function decodeRequest(body: JsonObject, facts: ChatFacts): ChatRequest {
  const fields = new WireFields(body, '');
  const reading = new RequestReading();
  const config = configOf(fields);
  const place = { reading, detail: decodeResolution(config) };
  const turns = [...systemTurns(fields, place), ...fields.objects('contents').map((entry) => decodeTurn(entry, place))];
  const { tools, toolChoice } = { tools: decodeTools(fields), toolChoice: decodeToolChoice(fields, reading) };
  const settings = decodeConfig(config, reading);
  // The path names the model; libraries repeat it here.
  fields.string('model');
  // What is spread stands behind the named members: behind a spread each of these costs as much as all before it.
  const request: ChatRequest = {
    origin: WIRE,
    stream: facts.stream,
    turns,
    tools,
    toolChoice,
    serviceTier: decodeServiceTier(fields.string('serviceTier')),
    metadata: decodeLabels(fields),
    store: fields.boolean('store'),
    safetySettings: decodeSafety(fields),
    // What callers of this wire cannot ask for.
    parallelToolCalls: undefined,
    logitBias: undefined,
    verbosity: undefined,
    user: undefined,
    previousResponseId: undefined,
    promptCacheKey: undefined,
    prediction: undefined,
    unknownMembers: reading.unknownMembers,
    ...settings,
  };
  reading.noteUnread(fields);
  const essentialMembers = reading.unknownMembers.filter(isEssential);
  return essentialMembers.length === 0 ? request : { ...request, essentialMembers };
}

/**
 * What lies with Google is part of the prompt, and so is which scene of a film is meant; a form of the answer that nobody else
 * has is what was asked for.
 */
function isEssential(name: string): boolean {
  if (name === 'cachedContent' || name === 'cached_content') return true;
  return /\.(?:response_?(?:mime_?type|schema)|video_?metadata)$/i.test(name);
}

function systemTurns(body: WireFields, place: PartPlace): readonly Turn[] {
  const instruction = body.value('systemInstruction');
  if (instruction === undefined) return [];
  // Google's libraries take a text for it and some clients send it so.
  if (typeof instruction === 'string') return [{ role: 'system', parts: [{ type: 'text', text: instruction }] }];
  const fields = WireFields.of(instruction, body.pathOf('systemInstruction'));
  const parts = decodeParts(fields, place);
  fields.value('role');
  place.reading.noteUnread(fields);
  return [{ role: 'system', parts }];
}

function decodeTurn(fields: WireFields, place: PartPlace): Turn {
  const role = fields.string('role') ?? 'user';
  const parts = decodeParts(fields, place);
  const unread = unreadMembers(fields, WIRE);
  switch (role.toLowerCase()) {
    case 'user':
    // Of the first versions, for the results of functions.
    case 'function':
    case 'tool':
      return { role: 'user', parts, ...unread };
    case 'model':
    case 'assistant':
      return { role: 'assistant', parts: joinReasoning(parts), ...unread };
    case 'system':
      return { role: 'system', parts, ...unread };
    default:
      throw invalidField(fields.pathOf('role'), 'must be "user" or "model"');
  }
}

function decodeParts(fields: WireFields, place: PartPlace): readonly Part[] {
  return fields
    .objects('parts')
    .map((part) => decodePart(part, place))
    .filter((part) => part !== undefined);
}

/**
 * Clients send a streamed answer back as the pieces in which it came. A signature of another wire is proof of the whole
 * thought, so the pieces before it belong to it.
 */
function joinReasoning(parts: readonly Part[]): readonly Part[] {
  if (!parts.some(isForeignThought)) return parts;
  const joined: Part[] = [];
  for (const part of parts) {
    if (!isForeignThought(part)) {
      joined.push(part);
      continue;
    }
    let { text } = part;
    for (let last = joined.at(-1); last?.type === 'reasoning' && !last.signature; last = joined.at(-1)) {
      text = last.text + text;
      joined.pop();
    }
    joined.push({ ...part, text });
  }
  return joined;
}

function isForeignThought(part: Part): part is ReasoningPart {
  return part.type === 'reasoning' && part.signature !== undefined && part.signature.origin !== WIRE;
}

/** Vertex AI's labels, by which costs are told apart. */
function decodeLabels(body: WireFields): Readonly<Record<string, string>> | undefined {
  const labels = body.object('labels');
  if (!labels) return undefined;
  return Object.fromEntries(Object.keys(labels.raw).map((key) => [key, labels.string(key) ?? '']));
}
