import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ProtocolName, protocolNames } from '../../src/canonical/protocol-name.ts';
import { root } from '../source-tree.ts';

/** What was tried and what passed, by cell. */
export class CellCounts {
  readonly #tried = new Map<string, number>();
  readonly #passed = new Map<string, number>();

  addTried(client: ProtocolName, upstream: ProtocolName): void {
    add(this.#tried, client, upstream);
  }

  addPassed(client: ProtocolName, upstream: ProtocolName): void {
    add(this.#passed, client, upstream);
  }

  /** Cells in which all passed that was tried. */
  get whole(): number {
    return [...this.#tried].filter(([key, tried]) => this.#passed.get(key) === tried).length;
  }

  /** The table: clients down, upstreams across. */
  text(): string {
    const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
    const names = protocolNames.map((name) => `\`${name}\``);
    const rows = protocolNames.map((client, index) => {
      const cells = protocolNames.map((upstream) => {
        const key = keyOf(client, upstream);
        return `${this.#passed.get(key) ?? 0}/${this.#tried.get(key) ?? 0}`;
      });
      return line([names[index] ?? '', ...cells]);
    });
    const head = line(['Client', ...names]);
    return [head, line(['---', ...names.map(() => '---')]), ...rows].join('\n');
  }
}

function keyOf(client: ProtocolName, upstream: ProtocolName): string {
  return `${client} ${upstream}`;
}

function add(counts: Map<string, number>, client: ProtocolName, upstream: ProtocolName): void {
  const key = keyOf(client, upstream);
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

const begin = '<!-- begin cells: written by UPDATE_DOCS=1 npx vitest run packages/gateway/test/matrix -->';
const end = '<!-- end cells -->';
const file = join(root, 'docs/translation.md');

/** The page as it is, and as it should be; writes it with `UPDATE_DOCS=1`. */
export function bringPage(table: string): { readonly found: string; readonly wanted: string } {
  const found = readFileSync(file, 'utf8');
  const [from, to] = [found.indexOf(begin), found.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`docs/translation.md lacks the marks ${begin} and ${end}`);
  const wanted = `${found.slice(0, from)}${begin}\n\n${table}\n\n${found.slice(to)}`;
  if (process.env['UPDATE_DOCS'] !== '1') return { found, wanted };
  if (found !== wanted) writeFileSync(file, wanted);
  return { found: wanted, wanted };
}
