import type { Behaviour } from './behaviours.ts';
import { prefillManners } from './prefill.ts';

/** One kind of behaviour, as the control API and `--list` describe it. */
export interface BehaviourKind {
  readonly does: string;
  /** Whether the kind alone is a whole behaviour. */
  readonly bare: boolean;
}

/** Every kind, and what it does. */
export const behaviourKinds: Readonly<Record<Behaviour['kind'], BehaviourKind>> = {
  answer: { does: 'a good answer, in any shape the wire allows', bare: true },
  status: { does: 'an HTTP status with a body', bare: false },
  raw: { does: 'given bytes, as the body or as the whole reply', bare: false },
  file: { does: 'the bytes of a file', bare: false },
  recording: { does: 'an exchange of a JSONL recording', bare: false },
  reset: { does: 'a TCP reset, at a given point', bare: false },
  hang: { does: 'silence from a given point, the connection held', bare: false },
  truncate: { does: 'an answer that stops after some tokens, cleanly or not', bare: false },
  'malformed-event': { does: 'one event that is no JSON', bare: false },
  'error-event': { does: 'an error event in a stream that began with 200', bare: false },
  'html-200': { does: '200 with a web page', bare: true },
  'empty-200': { does: '200 with an empty body', bare: true },
  'json-to-stream': { does: 'JSON to a request for a stream', bare: true },
  gzip: { does: 'a gzipped answer, unasked', bare: true },
  dribble: { does: 'an answer at so many bytes a second', bare: false },
  flood: { does: 'events without end, as fast as they are taken', bare: false },
  'huge-event': { does: 'one event of so many bytes', bare: false },
  echo: { does: 'what was received, as the message text', bare: true },
  'refuse-prefill': { does: '400 to a conversation that ends with the assistant', bare: true },
  'close-on-reuse': { does: 'a connection closed on its second request', bare: true },
};

/** Whether a text names a kind that is a whole behaviour by itself. */
export function isBareKind(text: string): text is Behaviour['kind'] {
  return Object.hasOwn(behaviourKinds, text) && behaviourKinds[text as Behaviour['kind']].bare;
}

/** Reads a behaviour from JSON. Throws an Error whose message says which field is wrong and what it may be. */
export function decodeBehaviour(value: unknown): Behaviour {
  if (!isRecord(value)) throw new Error('A behaviour is an object with a "kind".');
  const kind = String(value['kind']);
  if (!Object.hasOwn(fields, kind)) {
    throw new Error(`There is no behaviour of kind "${kind}". The kinds are ${Object.keys(fields).join(', ')}.`);
  }
  const known = fields[kind as Behaviour['kind']];
  for (const [name, field] of Object.entries(value)) {
    if (name === 'kind') continue;
    const rule = Object.hasOwn(known, name) ? known[name] : undefined;
    if (rule === undefined) {
      throw new Error(
        `A behaviour of kind "${kind}" has no "${name}". It has: ${Object.keys(known).join(', ') || 'nothing'}.`,
      );
    }
    if (!rule.accepts(field)) throw new Error(`"${name}" of a behaviour of kind "${kind}" must be ${rule.is}.`);
  }
  for (const [name, rule] of Object.entries(known)) {
    if (rule.required && value[name] === undefined)
      throw new Error(`A behaviour of kind "${kind}" needs "${name}", ${rule.is}.`);
  }
  return value as unknown as Behaviour;
}

interface FieldRule {
  readonly is: string;
  readonly required?: boolean;
  accepts(value: unknown): boolean;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function oneOf(...choices: readonly string[]): FieldRule {
  return {
    is: `one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`,
    accepts: (value) => choices.includes(value as string),
  };
}

function needed(rule: FieldRule): FieldRule {
  return { ...rule, required: true };
}

const text: FieldRule = { is: 'a text', accepts: (value) => typeof value === 'string' };
const flag: FieldRule = { is: 'true or false', accepts: (value) => typeof value === 'boolean' };
const count: FieldRule = { is: 'a whole number, 0 or more', accepts: isCount };
const milliseconds: FieldRule = {
  is: 'milliseconds, 0 or more',
  accepts: (value) => typeof value === 'number' && value >= 0 && value <= 2 ** 31 - 1,
};
const positive: FieldRule = { is: 'a number above 0', accepts: (value) => typeof value === 'number' && value > 0 };
const status: FieldRule = {
  is: 'a status from 200 to 599',
  accepts: (value) => isCount(value) && Number(value) >= 200 && Number(value) <= 599,
};
const sizes: FieldRule = {
  is: 'a list of whole numbers',
  accepts: (value) => Array.isArray(value) && value.length <= 1_000_000 && value.every(isCount),
};
const record: FieldRule = { is: 'an object', accepts: isRecord };
const headers: FieldRule = {
  is: 'an object of texts',
  accepts: (value) => isRecord(value) && Object.values(value).every((field) => typeof field === 'string'),
};
const anything: FieldRule = { is: 'anything', accepts: () => true };
const chunking: FieldRule = {
  is: '"event", "byte", "all" or a list of sizes',
  accepts: (value) => ['event', 'byte', 'all'].includes(value as string) || sizes.accepts(value),
};
const usage: FieldRule = {
  is: '"always", "never" or an object',
  accepts: (value) => value === 'always' || value === 'never' || isRecord(value),
};
const toolCalls: FieldRule = {
  is: 'a list of {name, arguments}',
  accepts: (value) => Array.isArray(value) && value.every((call) => isRecord(call) && typeof call['name'] === 'string'),
};

const citations: FieldRule = {
  is: 'a list of {citedText, title, url}, title and url being optional',
  accepts: (value) => Array.isArray(value) && value.every(isCitation),
};

function isCitation(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { citedText, title = '', url = '', ...others } = value;
  return [citedText, title, url].every((field) => typeof field === 'string') && Object.keys(others).length === 0;
}

function point(...words: readonly string[]): FieldRule {
  return {
    required: true,
    is: `${words.map((word) => JSON.stringify(word)).join(', ')}, {"afterTokens": n} or {"afterBytes": n}`,
    accepts: (value) =>
      words.includes(value as string) ||
      (isRecord(value) && (isCount(value['afterTokens']) || isCount(value['afterBytes']))),
  };
}

const tuning = {
  tokens: count,
  text,
  gapMs: milliseconds,
  firstTokenMs: milliseconds,
  prefill: oneOf(...prefillManners),
  differs: count,
};
const bytesOptions = { chunkSizes: sizes, status, headers, wire: flag };

const fields: Readonly<Record<Behaviour['kind'], Readonly<Record<string, FieldRule>>>> = {
  answer: {
    ...tuning,
    toolCalls,
    reasoning: text,
    signature: text,
    redacted: text,
    refusal: text,
    citations,
    interleave: flag,
    usage,
    serviceTier: text,
    finishReason: text,
    chunking,
    newline: oneOf('\n', '\r\n', '\r'),
    bom: flag,
    comments: flag,
    done: flag,
    model: text,
    headers,
  },
  status: { status: needed(status), headers, body: anything, error: record, times: count },
  raw: { bytes: text, base64: text, ...bytesOptions },
  file: { path: needed(text), ...bytesOptions },
  recording: { path: needed(text), index: count, match: text, chunkSizes: sizes },
  reset: { ...tuning, when: point('accept', 'before-headers', 'after-headers') },
  hang: { ...tuning, when: point('before-headers', 'after-headers'), holdMs: milliseconds },
  truncate: { ...tuning, afterTokens: needed(count), clean: needed(flag) },
  'malformed-event': { ...tuning, at: needed(count), data: text, corrupt: flag },
  'error-event': { ...tuning, afterTokens: needed(count), role: flag, error: record, done: flag },
  'html-200': {},
  'empty-200': {},
  'json-to-stream': tuning,
  gzip: tuning,
  dribble: { ...tuning, bytesPerSecond: needed(positive) },
  flood: { bytes: needed(count) },
  'huge-event': { ...tuning, bytes: needed(count) },
  echo: {},
  'refuse-prefill': tuning,
  'close-on-reuse': tuning,
};
