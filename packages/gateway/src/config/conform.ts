import type { z } from 'zod';
import { didYouMean } from '../canonical/closest-name.ts';
import { type ConfigPath, formatPath } from './config-path.ts';
import { unset } from './interpolate.ts';
import { type SchemaNode, schemaNode } from './schema-node.ts';

/** A key that the schema does not know. */
export interface UnknownKey {
  readonly path: ConfigPath;
  readonly message: string;
}

export interface Conformed {
  readonly value: unknown;
  readonly unknownKeys: readonly UnknownKey[];
}

/**
 * Brings a parsed document into the form that the schema validates: text that came from a variable becomes the number
 * or the boolean that is wanted, empty keys count as not given, unknown keys are taken out and named.
 */
export function conform(schema: z.ZodType, document: unknown): Conformed {
  const unknownKeys: UnknownKey[] = [];
  return { value: conformValue(schema, document, [], unknownKeys) ?? {}, unknownKeys };
}

/** Undefined: not given. */
function conformValue(schema: z.ZodType, value: unknown, path: ConfigPath, unknownKeys: UnknownKey[]): unknown {
  const node = schemaNode(schema);
  if (value === unset) return node.isNullable ? null : undefined;
  if (value === null || value === undefined) return undefined;
  switch (node.kind) {
    case 'object':
      return isRecord(value) ? conformObject(node.members, value, path, unknownKeys) : value;
    case 'map':
      return isRecord(value) ? conformMap(node, value, path, unknownKeys) : value;
    case 'list': {
      // One value where a list is wanted is a list of one, as in `allowed_hosts: api.example.com`.
      const items = Array.isArray(value) || isRecord(value) ? value : [value];
      if (!Array.isArray(items)) return value;
      return items
        .map((item, index) => conformValue(node.item, item, [...path, index], unknownKeys))
        .filter((item) => item !== undefined);
    }
    case 'union': {
      const option = node.options.find((candidate) => takes(candidate, value));
      return option === undefined ? value : conformValue(option, value, path, unknownKeys);
    }
    case 'number':
      return typeof value === 'string' && /^\s*[+-]?(\d[\d_]*)(\.\d+)?\s*$/.test(value)
        ? Number(value.replaceAll('_', ''))
        : value;
    case 'boolean':
      return typeof value === 'string' ? (BOOLEANS.get(value.trim().toLowerCase()) ?? value) : value;
    case 'choice':
      return typeof value === 'string' ? chosen(node.choices, value) : value;
    case 'any':
      return withoutUnset(value);
    case 'text':
      return value;
  }
}

// YAML 1.2 reads `yes` and `on` as text, though people still write them.
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['yes', true],
  ['on', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['off', false],
  ['0', false],
]);

function conformObject(
  members: ReadonlyMap<string, z.ZodType>,
  value: Readonly<Record<string, unknown>>,
  path: ConfigPath,
  unknownKeys: UnknownKey[],
): unknown {
  const result: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    const memberPath = [...path, key];
    const schema = members.get(key);
    if (schema === undefined) {
      unknownKeys.push({ path: memberPath, message: unknownKeyMessage(memberPath, members.keys()) });
      continue;
    }
    const conformed = conformValue(schema, member, memberPath, unknownKeys);
    if (conformed !== undefined) result[key] = conformed;
  }
  return result;
}

function conformMap(
  node: SchemaNode & { readonly kind: 'map' },
  value: Readonly<Record<string, unknown>>,
  path: ConfigPath,
  unknownKeys: UnknownKey[],
): unknown {
  // A name with nothing behind it is an entry with defaults only.
  const empty = schemaNode(node.value).kind === 'object' ? {} : undefined;
  const members = Object.entries(value).flatMap(([key, member]) => {
    const memberPath = [...path, key];
    if (node.names?.includes(key) === false) {
      unknownKeys.push({ path: memberPath, message: unknownKeyMessage(memberPath, node.names) });
      return [];
    }
    return [[key, conformValue(node.value, member ?? empty, memberPath, unknownKeys)] as const];
  });
  return Object.fromEntries(members.filter(([, member]) => member !== undefined));
}

function unknownKeyMessage(path: ConfigPath, siblings: Iterable<string>): string {
  const name = String(path.at(-1));
  const hint = didYouMean(name, siblings) || ' Remove it, or look it up in the reference.';
  return `${formatPath(path)} is not a known key and has no effect.${hint}`;
}

function takes(schema: z.ZodType, value: unknown): boolean {
  const { kind } = schemaNode(schema);
  if (Array.isArray(value)) return kind === 'list';
  if (isRecord(value)) return kind === 'object' || kind === 'map';
  return kind !== 'list' && kind !== 'object' && kind !== 'map';
}

function chosen(choices: readonly string[], value: string): string {
  if (choices.includes(value)) return value;
  const lower = value.trim().toLowerCase();
  return choices.find((choice) => choice === lower || choice === lower.replaceAll('-', '_')) ?? value;
}

/** Sections whose contents are not looked at yet keep no symbols. */
function withoutUnset(value: unknown): unknown {
  if (value === unset) return undefined;
  if (Array.isArray(value)) return value.map(withoutUnset);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutUnset(member)]));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
