import type { z } from 'zod';
import { didYouMean } from '../canonical/closest-name.ts';
import { type ConfigPath, formatPath } from './config-path.ts';
import type { Findings } from './findings.ts';
import { configSchema, type FileConfig } from './schema.ts';

type Issue = z.core.$ZodIssue;

/** Checks a conformed document against the schema. Adds a problem for each fault and returns undefined when there is one. */
export function validate(conformed: unknown, findings: Findings): FileConfig | undefined {
  // Compiling the checks takes longer than one document does without.
  const result = configSchema.safeParse(conformed, { jitless: true });
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const { path, message } = describeIssue(issue, conformed);
    findings.fail(message, path);
  }
  return undefined;
}

interface DescribedIssue {
  readonly path: ConfigPath;
  readonly message: string;
}

/** Says what is wrong and what is wanted instead. Values are quoted only where they cannot be secrets. */
function describeIssue(issue: Issue, document: unknown, base: ConfigPath = []): DescribedIssue {
  const path = [...base, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
  const name = path.length === 0 ? 'the document' : formatPath(path);
  const value = valueAt(document, path);
  if (issue.code === 'invalid_union') return describeUnion(issue, { document, path, name, value });
  return { path, message: `${name} ${describeFault(issue, value)}` };
}

interface UnionPlace {
  readonly document: unknown;
  readonly path: ConfigPath;
  readonly name: string;
  readonly value: unknown;
}

/** Reports the alternative that came farthest: the one whose faults lie deepest. */
function describeUnion(issue: Issue & { code: 'invalid_union' }, place: UnionPlace): DescribedIssue {
  const faults = issue.errors.map((errors) => errors[0]).filter((fault) => fault !== undefined);
  const closest = faults.find((fault) => fault.path.length > 0 || fault.code !== 'invalid_type');
  if (closest !== undefined) return describeIssue(closest, place.document, place.path);
  const wanted = faults.map((fault) =>
    fault.code === 'invalid_type' ? (kindNames[fault.expected] ?? fault.expected) : '',
  );
  const hint = typeof place.value === 'number' && wanted.includes('text') ? ' Write it in quotes.' : '';
  return {
    path: place.path,
    message: `${place.name} must be ${wanted.join(' or ')}, not ${kindOf(place.value)}.${hint}`,
  };
}

function describeFault(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return describeType(issue.expected, value);
    case 'too_small':
      if (issue.origin === 'string' || issue.origin === 'array')
        return 'must not be empty. Fill it in or remove the key.';
      return `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}, not ${String(value)}.`;
    case 'too_big':
      return `must be at most ${issue.maximum}, not ${String(value)}.`;
    case 'invalid_value':
      return describeChoice(issue.values.map(String), value);
    default:
      return `${issue.message}.`;
  }
}

function describeType(expected: string, value: unknown): string {
  if (value === undefined) return `is missing: it must be ${kindNames[expected] ?? expected}.`;
  const wanted = `must be ${kindNames[expected] ?? expected}, not ${kindOf(value)}.`;
  if (expected === 'string' && typeof value !== 'object') return `${wanted} Write it in quotes.`;
  return wanted;
}

function describeChoice(choices: readonly string[], value: unknown): string {
  const list = choices.map((choice) => `\`${choice}\``).join(', ');
  return `must be one of ${list}.${typeof value === 'string' ? didYouMean(value, choices) : ''}`;
}

const kindNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a section with keys',
  record: 'a section with keys',
};

function kindOf(value: unknown): string {
  if (value === null) return 'a variable that is not set';
  if (value === undefined) return 'nothing';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return 'text';
  return Array.isArray(value) ? 'a list' : 'a section with keys';
}

function valueAt(document: unknown, path: ConfigPath): unknown {
  let value = document;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Readonly<Record<string | number, unknown>>)[part];
  }
  return value;
}
