import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../source-tree.ts';
import { pages, withoutCode } from './pages.ts';

const link = /\[[^\]]*\]\(([^)\s]+)\)/g;
const links = pages.flatMap((page) =>
  [...withoutCode(page).matchAll(link)].map(([, target = '']) => ({ from: page.path, target })),
);

/** The anchors of headings, as code hosts make them. */
function anchorsOf(path: string): readonly string[] {
  const page = pages.find((candidate) => candidate.path === path);
  const headings = page === undefined ? [] : [...withoutCode(page).matchAll(/^#+ (.*)$/gm)];
  return headings.map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

function problemOf({ from, target }: { readonly from: string; readonly target: string }): string | undefined {
  if (/^https:\/\//.test(target)) return undefined;
  const [file = '', anchor] = target.split('#');
  const path = file === '' ? from : relative(root, resolve(root, dirname(from), file));
  if (path.startsWith('..')) return `${from}: ${target} leaves the repository`;
  if (!existsSync(join(root, path))) return `${from}: ${target} is not there`;
  if (anchor === undefined || anchorsOf(path).includes(anchor)) return undefined;
  return `${from}: ${target} has no such heading`;
}

describe('links', () => {
  it('are found at all', () => {
    expect(links.length).toBeGreaterThan(50);
  });

  it('lead somewhere', () => {
    expect(links.map(problemOf).filter((problem) => problem !== undefined)).toEqual([]);
  });

  it('lead to every page of docs/', () => {
    const linked = new Set(
      links.map(({ from, target }) => relative(root, resolve(root, dirname(from), target.split('#')[0]!))),
    );
    const alone = pages.filter(({ path }) => /^docs\/[^/]*$/.test(path) && !linked.has(path));
    expect(alone.map(({ path }) => path)).toEqual([]);
  });
});
