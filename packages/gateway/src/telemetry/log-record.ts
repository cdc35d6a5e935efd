import { GatewayError } from '../canonical/gateway-error.ts';
import type { Redact } from './redact.ts';
import { isSecretFieldName } from './secrets.ts';
import type { LogFields } from './telemetry.ts';

const maxDepth = 6;
const maxEntries = 100;
const maxCharacters = 16 * 1024;
const reservedNames = new Set(['timestamp', 'level', 'target', 'message']);

/** Text fit for a log: redacted first, so that no secret is cut into something unrecognisable, and then cut. */
export function logText(text: string, redact: Redact): string {
  const redacted = redact(text);
  if (redacted.length <= maxCharacters) return redacted;
  return `${redacted.slice(0, maxCharacters)}… [${redacted.length - maxCharacters} more characters]`;
}

/**
 * Copies fields into plain JSON values: strings redacted, values of fields that are named like secrets masked, errors
 * with their chain of causes, depth and breadth bounded. Names of the record's own fields get the prefix `field_`.
 */
export function logRecord(head: Record<string, unknown>, fields: LogFields, redact: Redact): Record<string, unknown> {
  const record = head;
  let entries = 0;
  for (const name of Object.keys(fields)) {
    if (entries++ >= maxEntries) break;
    const safeName = reservedNames.has(name) ? `field_${name}` : redact(name);
    record[safeName] = isSecretFieldName(name) ? '[SECRET]' : plainValue(fields[name], redact, 0);
  }
  return record;
}

function plainValue(value: unknown, redact: Redact, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return logText(value, redact);
    case 'number':
    case 'boolean':
    case 'undefined':
      return value;
    case 'object':
      return value === null ? null : plainObject(value, redact, depth);
    case 'bigint':
      return String(value);
    default:
      return `[${typeof value}]`;
  }
}

function plainObject(value: object, redact: Redact, depth: number): unknown {
  if (depth >= maxDepth) return '[too deep]';
  if (value instanceof Error) return plainError(value, redact, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof URL) return logText(value.href, redact);
  // Bytes are bodies, and bodies are not logged.
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Map) return plainObject(Object.fromEntries(value), redact, depth);
  if (Array.isArray(value) || value instanceof Set) {
    return Array.from(value)
      .slice(0, maxEntries)
      .map((item) => plainValue(item, redact, depth + 1));
  }
  const plain: Record<string, unknown> = {};
  for (const name of Object.keys(value).slice(0, maxEntries)) {
    plain[redact(name)] = isSecretFieldName(name)
      ? '[SECRET]'
      : plainValue((value as Record<string, unknown>)[name], redact, depth + 1);
  }
  return plain;
}

function plainError(error: Error, redact: Redact, depth: number): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  return {
    name: error.name,
    message: logText(error.message, redact),
    ...(typeof code === 'string' ? { code: logText(code, redact) } : {}),
    ...(error instanceof GatewayError ? { kind: error.kind } : {}),
    // An expected error says where it comes from by its kind; any other needs its stack.
    ...(error instanceof GatewayError || error.stack === undefined ? {} : { stack: logText(error.stack, redact) }),
    ...(error.cause === undefined ? {} : { cause: plainValue(error.cause, redact, depth + 1) }),
  };
}
