import type { Buffer } from 'node:buffer';
import { waitInBody } from './retry-after.ts';

/** What an error body says, however its provider shapes it: its codes, its words, its own status and wait. */
export interface ErrorSignals {
  /** Every code, type, status and reason found, in lower case, outermost first. */
  readonly codes: readonly string[];
  /** Every message found, in lower case, cut to a bounded length. */
  readonly text: string;
  /** The same without what stands in quotes, which may be the caller's own words. */
  readonly ownText: string;
  /** HTTP status that the body itself names; 0 when it names none. */
  readonly status: number;
  /** Milliseconds that the body asks to wait; undefined when it does not. */
  readonly retryDelayMs: number | undefined;
  /** Headers that the body hands on from whoever stands behind: names in lower case and values, alternating. */
  readonly headers: readonly string[];
  /** It names a field of the request as the one at fault. */
  readonly namesField: boolean;
  /** It is a page for a browser: made by what stands before the provider, not by the provider. */
  readonly isPage: boolean;
}

const maxParsedBytes = 64 * 1024;
const maxTextLength = 4096;
const maxCodes = 32;
const maxDepth = 6;
const maxItems = 16;

const codeKeys = ['code', 'type', 'status', 'error_type', 'errorType', 'reason', '__type', 'error_code', 'statusCode'];
const messageKeys = [
  'message',
  'Message',
  'msg',
  'detail',
  'error',
  'error_description',
  'error_msg',
  'details',
  'status_msg',
];
const innerKeys = [
  'error',
  'errors',
  'response',
  'detail',
  'details',
  'metadata',
  'innererror',
  'inner_error',
  'cause',
  'choices',
  'base_resp',
  'Output',
];

/**
 * Reads an error body. JSON of at most 64 KB is walked along the keys under which providers put codes and messages;
 * anything else (HTML, text, larger bodies) is only text.
 */
export function readErrorSignals(body: Buffer | undefined): ErrorSignals {
  const signals = new SignalCollector();
  if (body === undefined || body.length === 0) return signals;
  const parsed = body.length <= maxParsedBytes ? parseJson(body.toString('utf8')) : undefined;
  if (parsed === undefined) signals.readText(body.toString('utf8', 0, maxTextLength));
  else signals.walk(parsed, 0);
  return signals;
}

class SignalCollector implements ErrorSignals {
  readonly codes: string[] = [];
  readonly headers: string[] = [];
  text = '';
  status = 0;
  retryDelayMs: number | undefined;
  namesField = false;
  isPage = false;

  get ownText(): string {
    return withoutQuotes(this.text);
  }

  readText(text: string): void {
    this.isPage = /^\s{0,64}<(?:!doctype|html|head|body)\b/i.test(text);
    this.#addText(text);
  }

  walk(value: unknown, depth: number): void {
    if (depth > maxDepth) return;
    if (typeof value === 'string') this.#addText(value);
    else if (Array.isArray(value)) for (const item of value.slice(0, maxItems)) this.walk(item, depth + 1);
    else if (typeof value === 'object' && value !== null) this.#walkObject(value as Record<string, unknown>, depth);
  }

  #walkObject(object: Record<string, unknown>, depth: number): void {
    for (const key of codeKeys) this.#addCode(object[key]);
    this.#addResultCode(object['status_code']);
    for (const key of messageKeys) if (typeof object[key] === 'string') this.#addText(object[key]);
    if (typeof object['param'] === 'string' && object['param'] !== '') this.namesField = true;
    this.retryDelayMs ??= waitInBody(object);
    this.#readHeaders(object['headers']);
    // An aggregator hands on the error of the provider behind it as a string of JSON.
    if (typeof object['raw'] === 'string' && object['raw'].length <= maxParsedBytes) {
      this.walk(parseJson(object['raw']) ?? object['raw'], depth + 1);
    }
    for (const key of innerKeys) {
      if (typeof object[key] === 'object') this.walk(object[key], depth + 1);
    }
  }

  #addText(text: string): void {
    const room = maxTextLength - this.text.length;
    if (room > 0) this.text += `${text.slice(0, room).toLowerCase()}\n`;
  }

  #addCode(value: unknown): void {
    const number = typeof value === 'number' ? value : typeof value === 'string' && /^\d{3}$/.test(value) ? +value : 0;
    if (number >= 400 && number <= 599 && this.status === 0) this.status = number;
    if (typeof value !== 'string' || value.length > 128 || this.codes.length >= maxCodes) return;
    // Some put the name of the service before that of the error.
    this.codes.push(value.slice(value.lastIndexOf('#') + 1).toLowerCase());
  }

  /** A number that is a status of HTTP, or one of a list of the provider's own. */
  #addResultCode(value: unknown): void {
    if (typeof value !== 'number' || value === 0) return;
    if (value >= 100 && value <= 599) this.#addCode(value);
    else this.#addCode(`status_code:${value}`);
  }

  #readHeaders(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, text] of Object.entries(value).slice(0, maxItems)) {
      if (typeof text === 'string' && text.length <= 256) this.headers.push(name.toLowerCase(), text);
    }
  }
}

/**
 * Takes out everything from the first quotation mark of a kind to its last. Providers quote the value that they refuse,
 * and a value may itself hold marks, so nothing between the outermost two is the provider's own for sure.
 */
function withoutQuotes(text: string): string {
  let rest = text;
  for (const mark of marks) {
    const first = rest.search(mark.opening);
    if (first === -1) continue;
    const last = rest.lastIndexOf(mark.closing);
    if (last > first) rest = `${rest.slice(0, first)} ${rest.slice(last + 1)}`;
  }
  return rest;
}

/** An apostrophe within a word is none. */
const marks = [
  { opening: /"/, closing: '"' },
  { opening: /`/, closing: '`' },
  { opening: /(?<![a-z0-9])'|'(?![a-z0-9])/, closing: "'" },
  { opening: /[\u201c\u201d]/, closing: '\u201d' },
];

function parseJson(text: string): unknown {
  const start = text.trimStart().charAt(0);
  if (start !== '{' && start !== '[') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
