import { readFiles, type SourceFile } from '../source-tree.ts';

/** Every page of the repository that a reader may open. */
export const pages: readonly SourceFile[] = readFiles('.', /\.md$/);

export function page(path: string): SourceFile {
  const found = pages.find((candidate) => candidate.path === path);
  if (found === undefined) throw new Error(`There is no page ${path}.`);
  return found;
}

/** A block of code, and the language it names. */
export interface CodeBlock {
  readonly language: string;
  readonly code: string;
}

const fence = /^```(\w*)\n([\s\S]*?)^```$/gm;

/** The blocks of code of a page, in order. */
export function codeBlocks({ text }: SourceFile): readonly CodeBlock[] {
  return [...text.matchAll(fence)].map(([, language = '', code = '']) => ({ language, code }));
}

export function withoutCode({ text }: SourceFile): string {
  return text.replace(fence, '');
}

/** The cells of a page's table whose head begins with these cells, without the marks of code. */
export function tableRows({ path, text }: SourceFile, head: readonly string[]): readonly (readonly string[])[] {
  const lines = text.split('\n').map(cellsOf);
  const start = lines.findIndex((cells) => head.every((name, index) => cells[index] === name));
  if (start === -1) throw new Error(`${path} has no table with the head ${head.join(' | ')}.`);
  const rows = lines.slice(start + 2);
  const end = rows.findIndex((cells) => cells.length === 0);
  return end === -1 ? rows : rows.slice(0, end);
}

function cellsOf(line: string): readonly string[] {
  if (!line.startsWith('|')) return [];
  const cells = line.slice(1, line.lastIndexOf('|')).split(/(?<!\\)\|/);
  return cells.map((cell) => cell.trim().replaceAll('`', ''));
}
