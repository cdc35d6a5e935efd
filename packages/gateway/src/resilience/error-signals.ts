import type { Buffer } from 'node:buffer';

/** What an error body says, however its provider shapes it: its codes, its words, its own status and wait. */
export interface ErrorSignals {
  /** Every code, type, status and reason found, in lower case, outermost first. */
  readonly codes: readonly string[];
  /** Every message found, in lower case, cut to a bounded length. */
  readonly text: string;
  /** HTTP status that the body itself names; 0 when it names none. */
  readonly status: number;
  /** Milliseconds that the body asks to wait; undefined when it does not. */
  readonly retryDelayMs: number | undefined;
}

const maxParsedBytes = 64 * 1024;
const maxTextLength = 4096;
const maxCodes = 32;
const maxDepth = 6;
const maxItems = 16;

const codeKeys = ['code', 'type', 'status', 'error_type', 'errorType', 'reason', '__type', 'error_code'];
const messageKeys = ['message', 'Message', 'msg', 'detail', 'error', 'error_description', 'error_msg', 'details'];
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
];

/**
 * Reads an error body. JSON of at most 64 KB is walked along the keys under which providers put codes and messages;
 * anything else (HTML, text, larger bodies) is only text.
 */
export function readErrorSignals(body: Buffer | undefined): ErrorSignals {
  const signals = new SignalCollector();
  if (body === undefined || body.length === 0) return signals;
  const parsed = body.length <= maxParsedBytes ? parseJson(body.toString('utf8')) : undefined;
  if (parsed === undefined) signals.addText(body.toString('utf8', 0, maxTextLength));
  else signals.walk(parsed, 0);
  return signals;
}

class SignalCollector implements ErrorSignals {
  readonly codes: string[] = [];
  text = '';
  status = 0;
  retryDelayMs: number | undefined;

  addText(text: string): void {
    const room = maxTextLength - this.text.length;
    if (room > 0) this.text += `${text.slice(0, room).toLowerCase()}\n`;
  }

  walk(value: unknown, depth: number): void {
    if (depth > maxDepth) return;
    if (typeof value === 'string') this.addText(value);
    else if (Array.isArray(value)) for (const item of value.slice(0, maxItems)) this.walk(item, depth + 1);
    else if (typeof value === 'object' && value !== null) this.#walkObject(value as Record<string, unknown>, depth);
  }

  #walkObject(object: Record<string, unknown>, depth: number): void {
    for (const key of codeKeys) this.#addCode(object[key]);
    for (const key of messageKeys) if (typeof object[key] === 'string') this.addText(object[key]);
    this.#readRetryDelay(object);
    // An aggregator hands on the error of the provider behind it as a string of JSON.
    if (typeof object['raw'] === 'string' && object['raw'].length <= maxParsedBytes) {
      this.walk(parseJson(object['raw']) ?? object['raw'], depth + 1);
    }
    for (const key of innerKeys) {
      if (typeof object[key] === 'object') this.walk(object[key], depth + 1);
    }
  }

  #addCode(value: unknown): void {
    const number = typeof value === 'number' ? value : typeof value === 'string' && /^\d{3}$/.test(value) ? +value : 0;
    if (number >= 400 && number <= 599 && this.status === 0) this.status = number;
    if (typeof value !== 'string' || value.length > 128 || this.codes.length >= maxCodes) return;
    this.codes.push(value.toLowerCase());
  }

  #readRetryDelay(object: Record<string, unknown>): void {
    const delay = object['retryDelay'];
    if (typeof delay === 'string' && /^\d{1,9}(\.\d{1,9})?s$/.test(delay))
      this.retryDelayMs ??= parseFloat(delay) * 1000;
  }
}

function parseJson(text: string): unknown {
  const start = text.trimStart().charAt(0);
  if (start !== '{' && start !== '[') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
