import { type ConfigPath, formatPath, pathKey } from './config-path.ts';
import type { Findings } from './findings.ts';

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Stands where a value named a variable that is not set. */
export const unset: unique symbol = Symbol('unset');

/** A value whose variable is not set. */
export interface UnsetVariable {
  readonly path: ConfigPath;
  readonly variable: string;
}

export interface Interpolated {
  readonly value: unknown;
  readonly unset: readonly UnsetVariable[];
}

/** What stands behind `${`: a name, and what follows it. */
const NAME = /([A-Za-z_][A-Za-z0-9_]*)(\}|:-)/y;

/**
 * Replaces `${NAME}` and `${NAME:-default}` in the text values of a parsed document; keys and other values stay as they
 * are, so that nothing in a variable can become structure. A default may hold others. `$${` stands for a plain `${`.
 *
 * A value that names a variable which is not set (or set to nothing) becomes `unset` as a whole, with a warning: half
 * an address or half a key would only fail later and farther away. Inside longer text an empty variable is taken as it
 * is. Nothing is said about what lies inside something switched off by `enabled: false`.
 */
export function interpolate(document: unknown, env: Environment, findings: Findings): Interpolated {
  const found: UnsetVariable[] = [];
  const visit = (value: unknown, path: ConfigPath, isSwitchedOff: boolean): unknown => {
    if (typeof value === 'string') {
      const result = interpolateText(value, env);
      if (!isSwitchedOff && hasBrokenPlaceholder(value)) findings.warn(brokenMessage(path), path);
      if ('text' in result) return result.text;
      found.push({ path, variable: result.missing });
      if (!isSwitchedOff) findings.warn(missingMessage(path, result.missing), path);
      return unset;
    }
    if (Array.isArray(value)) return value.map((item, index) => visit(item, [...path, index], isSwitchedOff));
    if (typeof value !== 'object' || value === null) return value;
    const isOff = isSwitchedOff || isFalse((value as { readonly enabled?: unknown }).enabled, env);
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, visit(member, [...path, key], isOff)]),
    );
  };
  return { value: visit(document, [], false), unset: found };
}

/** Substitutes one text; `missing` names the first variable that is not set. */
export function interpolateText(
  text: string,
  env: Environment,
): { readonly text: string } | { readonly missing: string } {
  let missing: string | undefined;
  let replaced = '';
  let index = 0;
  for (const { at, end, isEscaped, placeholder } of openingsIn(text)) {
    replaced += text.slice(index, isEscaped ? at - 1 : at);
    index = end;
    if (placeholder === undefined) {
      replaced += '${';
      continue;
    }
    const { fallback, name } = placeholder;
    const value = env[name];
    const isWhole = at === 0 && index === text.length;
    const result = textFor(value, fallback, env);
    if (result !== undefined && 'text' in result) replaced += result.text;
    else if (result !== undefined) missing ??= result.missing;
    else if (value === undefined || isWhole) missing ??= name;
  }
  return missing === undefined ? { text: replaced + text.slice(index) } : { missing };
}

/** Whether a text has a `${` that neither begins a placeholder nor is escaped: it would be taken as it is. */
function hasBrokenPlaceholder(text: string): boolean {
  for (const { isEscaped, placeholder } of openingsIn(text)) {
    if (!isEscaped && (placeholder === undefined || hasBrokenPlaceholder(placeholder.fallback ?? ''))) return true;
  }
  return false;
}

/** A `${` of a text. */
interface Opening {
  readonly at: number;
  /** Where the text goes on behind it, or behind the placeholder that it begins. */
  readonly end: number;
  readonly isEscaped: boolean;
  readonly placeholder: Placeholder | undefined;
}

/** Those of a text in their order, without those within others' defaults. */
function* openingsIn(text: string): Generator<Opening> {
  let index = 0;
  for (let at = text.indexOf('${'); at !== -1; at = text.indexOf('${', index)) {
    const isEscaped = at > index && text[at - 1] === '$';
    const placeholder = isEscaped ? undefined : placeholderAt(text, at);
    index = placeholder?.end ?? at + 2;
    yield { at, end: index, isEscaped, placeholder };
  }
}

/** Undefined: the variable says nothing, and nothing stands in for it. */
function textFor(value: string | undefined, fallback: string | undefined, env: Environment) {
  if (value !== undefined && value !== '') return { text: value };
  return fallback === undefined ? undefined : interpolateText(fallback, env);
}

interface Placeholder {
  readonly name: string;
  /** May hold placeholders of its own. */
  readonly fallback: string | undefined;
  readonly end: number;
}

/** The placeholder that begins at a place; undefined: what is there is none. */
function placeholderAt(text: string, at: number): Placeholder | undefined {
  NAME.lastIndex = at + 2;
  const [, name, mark] = NAME.exec(text) ?? [];
  if (name === undefined) return undefined;
  const start = NAME.lastIndex;
  if (mark === '}') return { name, fallback: undefined, end: start };
  let depth = 1;
  for (let index = start; index < text.length; index++) {
    if (text.startsWith('${', index)) depth += 1;
    else if (text[index] === '}' && --depth === 0) return { name, fallback: text.slice(start, index), end: index + 1 };
  }
  return undefined;
}

/** The variable that the value at a place names although it is not set; undefined when there is none. */
export function unsetVariableAt(unsetVariables: readonly UnsetVariable[], path: ConfigPath): string | undefined {
  const key = pathKey(path);
  return unsetVariables.find((candidate) => pathKey(candidate.path) === key)?.variable;
}

function isFalse(value: unknown, env: Environment): boolean {
  if (typeof value !== 'string') return value === false;
  const result = interpolateText(value, env);
  return 'text' in result && result.text.toLowerCase() === 'false';
}

function brokenMessage(path: ConfigPath): string {
  return `${formatPath(path)} has a \${ that begins no variable and is taken as it is. Write \${NAME} or \${NAME:-default}, or $\${ where it is meant.`;
}

function missingMessage(path: ConfigPath, variable: string): string {
  // The default is shown with another name: `KEY:-default` would be masked in a log as if it were a key.
  return `${formatPath(path)} names the variable ${variable}, which is not set; it is treated as not given. Set it, or write a default, as in \${NAME:-default}.`;
}
