import { type ConfigPath, pathKey } from './config-path.ts';
import { ConfigError } from './gateway-config.ts';
import { findJsonMistake, positionAt } from './json-syntax.ts';
import { readToml } from './toml-document.ts';
import { readYaml } from './yaml-document.ts';

/** Where something stands in a file; lines and columns count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A configuration file that was read: its plain value, and where each key stands. */
export interface ConfigDocument {
  /** Name for messages; undefined when there is no file. */
  readonly file: string | undefined;
  readonly value: unknown;
  /** Positions by `pathKey`, of keys and list items. */
  readonly positions: ReadonlyMap<string, Position>;
}

/** The document of a gateway without a file. */
export const emptyDocument: ConfigDocument = { file: undefined, value: {}, positions: new Map() };

/** Endings of files that hold a configuration. */
export const configExtensions = ['.toml', '.yaml', '.yml', '.json'] as const;

/** Reads the text of a file by the ending of its name. Throws ConfigError with line and column on broken syntax. */
export function readDocument(file: string, source: string): ConfigDocument {
  const text = source.replace(/^\uFEFF/, '');
  const lower = file.toLowerCase();
  if (lower.endsWith('.toml')) return readToml(file, text);
  if (lower.endsWith('.json')) checkJson(file, text);
  else if (!lower.endsWith('.yaml') && !lower.endsWith('.yml')) {
    const message = `the ending of the name must be one of ${configExtensions.join(', ')} (or .env)`;
    throw new ConfigError([{ message, file, line: undefined, column: undefined }]);
  }
  return readYaml(file, text);
}

/** Position of a path, or of the nearest thing around it that has one. */
export function positionOf(document: ConfigDocument, path: ConfigPath): Position | undefined {
  for (let length = path.length; length > 0; length--) {
    const position = document.positions.get(pathKey(path.slice(0, length)));
    if (position !== undefined) return position;
  }
  return undefined;
}

// JSON is read by the YAML reader, which knows positions, once it is known to be strict JSON.
function checkJson(file: string, text: string): void {
  const offset = findJsonMistake(text);
  if (offset === undefined) return;
  throw new ConfigError([{ message: 'is not valid JSON from here on', file, ...positionAt(text, offset) }]);
}
