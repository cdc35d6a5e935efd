import { at, listAt, textAt } from './wire-value.ts';

/** What a request asks, whatever wire it is on: read by hand, without any of the gateway's code. */
export interface Asking {
  /** All instructions, in order. */
  system: string;
  turns: AskedTurn[];
  tools: AskedTool[];
  /** `auto`, `none`, `required`, or a tool's name; undefined when nothing is said. */
  choice: string | undefined;
  limits: AskedLimits;
  /** JSON schema of the answer; `json` for any JSON. */
  format: unknown;
}

export interface AskedTurn {
  readonly role: 'user' | 'assistant';
  /** `text: …`, `image: …`, `call: …`, `result: …`: one line for each part. */
  readonly items: string[];
}

export interface AskedTool {
  readonly name: string;
  readonly description: string;
  readonly schema: unknown;
}

export interface AskedLimits {
  readonly maxTokens: unknown;
  readonly temperature: unknown;
  readonly topP: unknown;
  readonly stop: readonly unknown[];
}

export type ReadAsking = (body: unknown) => Asking;

/** Puts turns together as they come: wires differ in whether two of one side may follow each other. */
export class AskingBuilder {
  readonly asking: Asking = {
    system: '',
    turns: [],
    tools: [],
    choice: undefined,
    limits: { maxTokens: undefined, temperature: undefined, topP: undefined, stop: [] },
    format: undefined,
  };

  addSystem(text: string): void {
    if (text === '') return;
    this.asking.system += this.asking.system === '' ? text : `\n${text}`;
  }

  add(role: AskedTurn['role'], items: readonly string[]): void {
    const { turns } = this.asking;
    let turn = turns.at(-1);
    if (turn?.role !== role) {
      turn = { role, items: [] };
      turns.push(turn);
    }
    // A text that says nothing is sent by some and left out by others.
    turn.items.push(...items.filter((item) => item.trim() !== 'text:'));
    if (turn.items.length === 0) turns.pop();
  }
}

const longNames: Readonly<Record<string, string>> = {
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'image/jpg': 'image/jpeg',
};

/** Base64 of a medium by its length: what it shows is not read, unless it is plain text. */
export function medium(kind: string, mediaType: string, data: string): string {
  if (mediaType.startsWith('text/')) return `text: ${Buffer.from(data, 'base64').toString('utf8')}`;
  return `${kind}: ${longNames[mediaType] ?? mediaType}, ${data.replace(/\s/g, '').length} characters`;
}

/** A `data:` URL or an address. */
export function mediumAt(kind: string, url: string): string {
  const [, mediaType, data] = /^data:([^;,]+)[^,]*,(.*)$/s.exec(url) ?? [];
  return mediaType === undefined ? `${kind}: at ${url}` : medium(kind, mediaType, data ?? '');
}

export function call(name: string, args: unknown): string {
  return `call: ${name} ${JSON.stringify(sorted(args))}`;
}

/** What a tool said: all its texts, without the names of the members in which a wire puts them. */
export function result(value: unknown): string {
  return `result: ${textsWithin(value).join(' ').replace(/\s+/g, ' ').trim()}`;
}

const media = ['source', 'image_url', 'inlineData', 'bytes', 'file_data', 'file'];

function textsWithin(value: unknown): string[] {
  if (typeof value === 'string') return textsOf(value);
  if (Array.isArray(value)) return value.flatMap(textsWithin);
  if (typeof value !== 'object' || value === null) return value === null || value === undefined ? [] : [String(value)];
  // A document of plain text is what it says.
  const text =
    textAt(value, 'source', 'type') === 'text'
      ? textAt(value, 'source', 'data')
      : textAt(value, 'document', 'source', 'text');
  if (text !== '') return [text];
  if (media.some((name) => typeof at(value, name) === 'object' || /^data:/.test(textAt(value, name)))) return [];
  const { type: _type, name: _name, id: _id, ...rest } = value as Record<string, unknown>;
  return Object.values(rest).flatMap(textsWithin);
}

/** JSON within a text is what it says. */
function textsOf(text: string): string[] {
  if (!/^[[{]/.test(text)) return [text];
  try {
    return textsWithin(JSON.parse(text));
  } catch {
    return [text];
  }
}

/** Members in the order of their names. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}

/** What providers leave out of schemas or add to them without changing what fits. */
const silent: ReadonlySet<string> = new Set([
  'additionalProperties',
  '$schema',
  'title',
  'strict',
  'propertyOrdering',
  'property_ordering',
]);

/** A schema without what wires spell each in their way: letters of types, order, empty lists. */
export function plainSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(plainSchema);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(withNullable(schema as Record<string, unknown>))
    .filter(([key, value]) => !silent.has(key) && !isEmptyIn(key, value))
    .map(([key, value]) => [key, plainMember(key, value)]);
  return sorted(Object.fromEntries(entries));
}

/** What may be null, in Google's own way to say it. */
function withNullable(schema: Record<string, unknown>): Record<string, unknown> {
  const { type, anyOf, ...rest } = schema;
  if (Array.isArray(type) && type.includes('null')) {
    const others = type.filter((one) => one !== 'null');
    return { ...schema, type: others.length === 1 ? others[0] : others, nullable: true };
  }
  const others = listAt({ anyOf }, 'anyOf').filter((one) => at(one, 'type') !== 'null');
  const isSole = others.length === 1 && listAt({ anyOf }, 'anyOf').length === 2;
  return isSole ? { ...rest, ...(others[0] as object), nullable: true } : schema;
}

function isEmptyIn(key: string, value: unknown): boolean {
  if (key === 'required') return Array.isArray(value) && value.length === 0;
  return key === 'properties' && typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** Google's types, by their numbers. */
const numberedTypes = ['', 'string', 'number', 'integer', 'boolean', 'array', 'object', 'null'];

function plainMember(key: string, value: unknown): unknown {
  if (key === 'type' && typeof value === 'string') return value.toLowerCase();
  if (key === 'type' && typeof value === 'number') return numberedTypes[value];
  if (key === 'required' && Array.isArray(value)) return [...value].sort();
  if (key === 'properties') {
    const properties = Object.entries(value as object).map(([name, schema]) => [name, plainSchema(schema)]);
    return sorted(Object.fromEntries(properties));
  }
  return key === 'enum' || key === 'default' ? value : plainSchema(value);
}

export function stopsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return value === undefined || value === null ? [] : [value];
}

/** The texts of a list of blocks, or a text. */
export function plainText(content: unknown): string {
  if (typeof content === 'string') return content;
  const parts = Array.isArray(content) ? content : [content];
  return parts.map((part) => textAt(part, 'text') || (typeof part === 'string' ? part : '')).join('\n');
}

export function toolOf(value: unknown, schema: unknown): AskedTool {
  return {
    name: textAt(value, 'name'),
    description: textAt(value, 'description'),
    schema: plainSchema(at({ schema }, 'schema') ?? { type: 'object' }),
  };
}
