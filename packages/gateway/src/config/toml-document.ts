import { parse, TomlDate, TomlError } from 'smol-toml';
import type { ConfigDocument, Position } from './config-document.ts';
import { ConfigError } from './gateway-config.ts';
import { findTomlPositions } from './toml-positions.ts';

/** Reads TOML 1.0. Throws ConfigError with line and column. */
export function readToml(file: string, text: string): ConfigDocument {
  return { file, value: plainValue(parseText(file, text)), positions: findTomlPositions(text) };
}

function parseText(file: string, text: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const place: Position = { line: cause.line, column: cause.column };
    // The lines below the first quote the file, which may hold keys.
    const reason = (cause.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, '');
    const advice = reason.includes('already defined') ? '. Put both into one, or remove one' : '';
    throw new ConfigError([{ message: `is not valid TOML: ${reason}${advice}`, file, ...place }]);
  }
}

/** Dates become the text that was written; objects get their usual prototype. */
function plainValue(value: unknown): unknown {
  if (value instanceof TomlDate) return value.toISOString();
  if (Array.isArray(value)) return value.map(plainValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plainValue(member)]));
}
