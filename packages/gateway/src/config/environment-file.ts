import { parseEnv } from 'node:util';
import { didYouMean } from '../canonical/closest-name.ts';
import type { Findings } from './findings.ts';
import type { ConfigPlace } from './gateway-config.ts';
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

/** Names that stand in a file of variables, in the order of their lines, which count from 1. */
export interface EnvironmentLines {
  readonly names: readonly { readonly name: string; readonly line: number }[];
  /** Lines that give no variable a value and are no comment. */
  readonly others: readonly number[];
}

const ASSIGNMENT = /^\s*(?:export\s+)?([^\s=#]+)\s*=\s*(.*)$/;

/** Finds what stands where. A value in quotation marks may go over several lines. */
export function readEnvironmentLines(source: string): EnvironmentLines {
  const names: { name: string; line: number }[] = [];
  const others: number[] = [];
  let quote: string | undefined;
  for (const [index, text] of source
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (quote !== undefined) {
      if (text.includes(quote)) quote = undefined;
      continue;
    }
    const [, name, value = ''] = ASSIGNMENT.exec(text) ?? [];
    if (name !== undefined) {
      names.push({ name, line: index + 1 });
      const mark = value[0] ?? '';
      if (`"'\``.includes(mark) && !value.includes(mark, 1)) quote = mark || undefined;
    } else if (!/^\s*(#|$)/.test(text)) others.push(index + 1);
  }
  return { names, others };
}

export interface CheckEnvironmentLinesInput {
  /** Name of the file for messages. */
  readonly file: string;
  readonly lines: EnvironmentLines;
  /** Names that the gateway reads by itself. */
  readonly known: readonly string[];
  /** Whether the configuration names a variable. */
  readonly isNamed: (name: string) => boolean;
}

/** Warns of lines that do nothing, and of names that are most likely misspelled: nothing else would tell. */
export function checkEnvironmentLines(
  { file, lines, known, isNamed }: CheckEnvironmentLinesInput,
  findings: Findings,
): void {
  const at = (line: number): ConfigPlace => ({ file, line, column: 1 });
  for (const line of lines.others) {
    findings.warn(
      'This line gives no variable a value and has no effect. Write NAME=value, or # before a remark.',
      at(line),
    );
  }
  const lastLines = new Map(lines.names.map(({ name, line }) => [name, line]));
  for (const { name, line } of lines.names) {
    const last = lastLines.get(name);
    if (last !== line)
      findings.warn(`${name} is there again at line ${last}, which counts. Remove one of them.`, at(line));
    if (known.includes(name) || isNamed(name)) continue;
    const question = didYouMean(name, known);
    if (question !== '')
      findings.warn(`${name} is no variable that the gateway or its configuration reads.${question}`, at(line));
  }
}

/** The variables in force: the process's own win over those of the file. */
export function mergeEnvironments(own: Environment, fromFile: Environment): Environment {
  const defined = Object.entries(own).filter(([, value]) => value !== undefined);
  return { ...fromFile, ...Object.fromEntries(defined) };
}
