import { parseEnv } from 'node:util';
import type { Environment } from './interpolate.ts';

/** Whether a name is that of a file of variables: `.env`, `.env.local`, `vllm.env`. */
export function isEnvironmentFile(file: string): boolean {
  return /(^|[\\/])\.env(\.[\w-]+)?$|\.env$/i.test(file);
}

/** Reads the text of a `.env` file: quotes, comments, `export`; a byte order mark and CRLF do not matter. */
export function readEnvironmentFile(source: string): Environment {
  const parsed = parseEnv(source.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n'));
  const entries = Object.entries(parsed).map(([key, value]) => {
    // A line without `=` is glued to the next key by the parser.
    return [key.slice(key.lastIndexOf('\n') + 1).trim(), value] as const;
  });
  return Object.fromEntries(entries);
}

/** The variables in force: the process's own win over those of the file. */
export function mergeEnvironments(own: Environment, fromFile: Environment): Environment {
  const defined = Object.entries(own).filter(([, value]) => value !== undefined);
  return { ...fromFile, ...Object.fromEntries(defined) };
}
