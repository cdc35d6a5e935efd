import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** The root of the repository. */
export const root = resolve(import.meta.dirname, '../../..');

/** A file of the repository, its path below the root with slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const skipped = new Set(['node_modules', 'dist', 'coverage', 'results', '.git']);

/** Every file below a folder of the repository whose name the pattern matches, sorted by path. */
export function readFiles(folder: string, pattern: RegExp): readonly SourceFile[] {
  return listFiles(folder)
    .filter((path) => pattern.test(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

function listFiles(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !skipped.has(name))
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .flatMap((entry) => {
      const path = folder === '.' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) return listFiles(path);
      return entry.isFile() ? [path] : [];
    });
}

/** One module that another takes at run time, or for its types only. */
export interface Import {
  /** As it is written. */
  readonly specifier: string;
  /** Path below the root where it is relative; undefined for packages and node's own modules. */
  readonly path: string | undefined;
  readonly isTypeOnly: boolean;
}

const importing = /^import\s+(type\s+)?(?:([^;'"=]*?)\s+from\s+)?'([^']+)'/gm;
const exporting = /^export\s+(type\s+)?(\{[^}]*\}|\*(?:\s+as\s+\w+)?)\s+from\s+'([^']+)'/gm;
const dynamic = /\bimport\('([^']+)'\)/g;

/** What a TypeScript file imports, `import()` and re-exports included; `import type` and `typeof import()` count as types. */
export function importsOf({ path, text }: SourceFile): readonly Import[] {
  const code = withoutComments(text);
  const resolved = (specifier: string) => (specifier.startsWith('.') ? join(dirname(path), specifier) : undefined);
  const statements = [...code.matchAll(importing), ...code.matchAll(exporting)];
  const calls = [...code.matchAll(dynamic)].map(({ 1: specifier = '', index }) => {
    return { specifier, path: resolved(specifier), isTypeOnly: code.slice(0, index).trimEnd().endsWith('typeof') };
  });
  return statements
    .map(([, type, names = '', specifier = '']) => {
      return { specifier, path: resolved(specifier), isTypeOnly: type !== undefined || hasTypesOnly(names) };
    })
    .concat(calls);
}

function hasTypesOnly(names: string): boolean {
  const list = /^\{([^}]*)\}$/
    .exec(names.trim())?.[1]
    ?.split(',')
    .map((name) => name.trim());
  return list?.filter((name) => name !== '').every((name) => name.startsWith('type ')) ?? false;
}

/** The text with its comments blanked out, line for line. Good enough for formatted code: strings hold no `/*`. */
export function withoutComments(text: string): string {
  return text
    .replace(/^([^'"`\n]*?)\/\*[\s\S]*?\*\//gm, (match, before: string) => before + match.replace(/[^\n]/g, ''))
    .replace(/(^|\s)\/\/.*$/gm, '$1');
}
