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

const PLACEHOLDER = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/**
 * Replaces `${NAME}` and `${NAME:-default}` in the text values of a parsed document; keys and other values stay as they
 * are, so that nothing in a variable can become structure. `$${` stands for a plain `${`.
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
  if (!text.includes('${')) return { text };
  let missing: string | undefined;
  const replaced = text.replace(
    PLACEHOLDER,
    (placeholder: string, name: string | undefined, fallback: string | undefined) => {
      if (name === undefined) return '${';
      const value = env[name];
      if (value !== undefined && value !== '') return value;
      if (fallback !== undefined) return fallback;
      if (value === undefined || placeholder === text) missing ??= name;
      return '';
    },
  );
  return missing === undefined ? { text: replaced } : { missing };
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

function missingMessage(path: ConfigPath, variable: string): string {
  // The default is shown with another name: `KEY:-default` would be masked in a log as if it were a key.
  return `${formatPath(path)} names the variable ${variable}, which is not set; it is treated as not given. Set it, or write a default, as in \${NAME:-default}.`;
}
