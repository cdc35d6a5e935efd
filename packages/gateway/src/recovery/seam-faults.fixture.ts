import type { WireFrame } from '../../test/fuzz/wire-stream.ts';
import { asObject, asString, isObject, type JsonObject, objectsIn } from '../canonical/json.ts';
import type { ProtocolName } from '../canonical/protocol-name.ts';

/** What in a stream betrays that more than one upstream wrote it: a sentence for each kind of fault. */
export function seamFaults(wire: ProtocolName, frames: readonly WireFrame[]): readonly string[] {
  const events = frames.flatMap(({ name, data }) => {
    const value: unknown = data === '' || data === '[DONE]' ? undefined : JSON.parse(data);
    return isObject(value) ? [{ name, event: value }] : [];
  });
  const faults = new Set<string>();
  checks[wire](events, (fault) => void faults.add(fault));
  const terminators = frames.filter(({ data }) => data === '[DONE]').length;
  if (terminators > 1) faults.add('several terminators');
  return [...faults];
}

interface Told {
  readonly name: string;
  readonly event: JsonObject;
}

type Check = (events: readonly Told[], fault: (sentence: string) => void) => void;

const checks: Readonly<Record<ProtocolName, Check>> = {
  'openai-chat': checkChat,
  'openai-responses': checkResponses,
  'anthropic-messages': (events, fault) =>
    checkBlocks(
      events.map(({ event }) => [event['type'], event['index']]),
      fault,
    ),
  'bedrock-converse': (events, fault) =>
    checkBlocks(
      events.map(({ name, event }) => [converseNames[name] ?? name, event['contentBlockIndex']]),
      fault,
    ),
  gemini(events, fault) {
    for (const member of ['responseId', 'modelVersion']) {
      if (new Set(events.map(({ event }) => event[member])).size > 1) fault(`several of ${member}`);
    }
  },
  'cohere-chat': checkCohere,
};

const converseNames: Readonly<Record<string, string>> = {
  messageStart: 'message_start',
  contentBlockStart: 'content_block_start',
  contentBlockDelta: 'content_block_delta',
  contentBlockStop: 'content_block_stop',
  messageStop: 'message_delta',
  metadata: 'message_stop',
};

function checkChat(events: readonly Told[], fault: (sentence: string) => void): void {
  for (const member of ['id', 'model', 'created', 'system_fingerprint']) {
    if (new Set(events.map(({ event }) => event[member])).size > 1) fault(`several of ${member}`);
  }
  const roles = new Map<unknown, number>();
  const finishes = new Map<unknown, number>();
  const calls = new Map<unknown, Set<unknown>>();
  for (const choice of events.flatMap(({ event }) => objectsIn(event['choices']))) {
    const { index } = choice;
    const delta = asObject(choice['delta']) ?? {};
    if (delta['role']) roles.set(index, (roles.get(index) ?? 0) + 1);
    if (choice['finish_reason']) finishes.set(index, (finishes.get(index) ?? 0) + 1);
    for (const call of objectsIn(delta['tool_calls'])) {
      const known = calls.get(index) ?? new Set();
      calls.set(index, known);
      const isNew = !known.has(call['index']);
      if (isNew && call['index'] !== known.size) fault('calls are not numbered on');
      if (isNew !== (asString(asObject(call['function'])?.['name']) !== undefined))
        fault('a call begins twice or never');
      known.add(call['index']);
    }
  }
  if (Math.max(0, ...roles.values()) > 1) fault('several roles');
  if (Math.max(0, ...finishes.values()) > 1) fault('several finishes');
  if (events.filter(({ event }) => objectsIn(event['choices']).length === 0).length > 1) fault('several usages');
}

function checkResponses(events: readonly Told[], fault: (sentence: string) => void): void {
  const ids = new Map<unknown, unknown>();
  const texts = new Map<string, string>();
  for (const [index, { event }] of events.entries()) {
    const { type, output_index: place, item_id: itemId } = event;
    if (event['sequence_number'] !== index) fault('sequence numbers are not strictly one more');
    const id = itemId ?? asObject(event['item'])?.['id'];
    if (place !== undefined && id !== undefined) {
      if (ids.has(place) ? ids.get(place) !== id : [...ids.values()].includes(id)) fault('ids of items change');
      if (!ids.has(place) && type !== 'response.output_item.added') fault('an item is never announced');
      if (!ids.has(place) && place !== ids.size) fault('items are not numbered on');
      ids.set(place, id);
    }
    const key = `${place}.${event['content_index'] ?? event['summary_index'] ?? 0}`;
    if (String(type).endsWith('.delta')) texts.set(key, (texts.get(key) ?? '') + String(event['delta']));
    const whole = String(type).endsWith('.done') ? wholeText(event) : undefined;
    if (whole !== undefined && whole !== (texts.get(key) ?? '')) fault('a text is told otherwise at its end');
  }
  const types = events.map(({ event }) => event['type']);
  for (const once of ['response.created', 'response.completed']) {
    if (types.filter((type) => type === once).length > 1) fault(`several of ${once}`);
  }
  const responses = events.flatMap(({ event }) => (isObject(event['response']) ? [event['response']] : []));
  if (new Set(responses.map(({ id }) => id)).size > 1) fault('several of id');
  const output = objectsIn(responses.at(-1)?.['output']);
  if (output.some((item, place) => item['id'] !== ids.get(place))) fault('the whole answer has other items');
  const told = output.map((item) => `${textIn(item)}`);
  const streamed = output.map((_, place) =>
    [...texts].flatMap(([key, text]) => (key.startsWith(`${place}.`) ? [text] : [])).join(''),
  );
  if (told.some((text, place) => text !== streamed[place])) fault('the whole answer has other texts');
}

function wholeText(event: JsonObject): string | undefined {
  return asString(event['text'] ?? event['refusal'] ?? event['arguments'] ?? event['input']);
}

function textIn(item: JsonObject): string {
  const pieces = [...objectsIn(item['summary']), ...objectsIn(item['content'])];
  const own = asString(item['arguments'] ?? item['input']) ?? '';
  return own + pieces.map((piece) => asString(piece['text'] ?? piece['refusal']) ?? '').join('');
}

function checkBlocks(
  events: readonly (readonly [type: unknown, index: unknown])[],
  fault: (sentence: string) => void,
): void {
  let next = 0;
  let isOpen = false;
  for (const [type, index] of events) {
    if (type === 'content_block_start' || (type === 'content_block_delta' && !isOpen)) {
      if (isOpen) fault('a block begins in another');
      isOpen = true;
    }
    if (String(type).startsWith('content_block') && index !== next) fault('blocks are not numbered on');
    if (type === 'content_block_stop') {
      if (!isOpen) fault('a block ends twice');
      isOpen = false;
      next++;
    }
  }
  if (isOpen) fault('a block never ends');
  for (const once of ['message_start', 'message_delta', 'message_stop']) {
    if (events.filter(([type]) => type === once).length !== 1) fault(`not one ${once}`);
  }
}

function checkCohere(events: readonly Told[], fault: (sentence: string) => void): void {
  const next = { content: 0, 'tool-call': 0 };
  let open: string | undefined;
  for (const { event } of events) {
    const [, kind, step] = /^(content|tool-call)-(start|delta|end)$/.exec(String(event['type'])) ?? [];
    if (kind !== 'content' && kind !== 'tool-call') continue;
    const name = `${kind} ${event['index']}`;
    if (step === 'start') {
      if (open !== undefined) fault('an item begins in another');
      if (event['index'] !== next[kind]++) fault('items are not numbered on');
      open = name;
    } else if (open !== name) fault(`a ${step} of an item that is not open`);
    if (step === 'end') open = undefined;
  }
  if (open !== undefined) fault('an item never ends');
  for (const once of ['message-start', 'message-end']) {
    if (events.filter(({ event }) => event['type'] === once).length !== 1) fault(`not one ${once}`);
  }
}
