import { type SampleEntry, sampleEntries } from './sample-entry.ts';

export type ConfigFormat = 'yaml' | 'toml' | 'json';

/**
 * A sample configuration with every key, its meaning and its default, made from the schema. What has no default is
 * commented out. JSON knows no comments: it holds the defaults only.
 */
export function generateConfig(format: ConfigFormat): string {
  const entries = sampleEntries();
  switch (format) {
    case 'yaml':
      return `${yamlLines(entries).join('\n').trim()}\n`;
    case 'toml':
      return `${tomlLines(entries, []).join('\n').trim()}\n`;
    case 'json':
      return `${JSON.stringify(jsonValue(entries), null, 2)}\n`;
  }
}

function yamlLines(entries: readonly SampleEntry[]): string[] {
  return entries.flatMap((entry) => {
    const lines = [...commentLines(entry), ...yamlEntry(entry)];
    return entry.isActive ? lines : commented(lines);
  });
}

function yamlEntry({ key, content }: SampleEntry): string[] {
  switch (content.kind) {
    case 'value':
      return [`${quotedKey(key)}: ${JSON.stringify(content.value)}`];
    case 'section':
      return [`${quotedKey(key)}:`, ...indented(yamlLines(content.entries)), ...blankAfter(key)];
    case 'items':
      return [`${quotedKey(key)}:`, '  -', ...indented(indented(yamlLines(content.entries))), ...blankAfter(key)];
  }
}

/** Leaves come before tables: in TOML a key belongs to the table above it. */
function tomlLines(entries: readonly SampleEntry[], path: readonly string[]): string[] {
  const leaves = entries.filter(({ content }) => content.kind === 'value');
  const tables = entries.filter(({ content }) => content.kind !== 'value');
  return [
    ...leaves.flatMap((entry) => {
      const value = entry.content.kind === 'value' ? entry.content.value : undefined;
      const lines = [...commentLines(entry), `${quotedKey(entry.key)} = ${JSON.stringify(value)}`];
      return entry.isActive ? lines : commented(lines);
    }),
    ...tables.flatMap((entry) => {
      const lines = ['', ...commentLines(entry), ...tomlTable(entry, [...path, entry.key])];
      return entry.isActive ? lines : commented(lines);
    }),
  ];
}

function tomlTable({ content }: SampleEntry, path: readonly string[]): string[] {
  if (content.kind === 'value') return [];
  const name = path.map(quotedKey).join('.');
  return [content.kind === 'items' ? `[[${name}]]` : `[${name}]`, ...tomlLines(content.entries, path)];
}

function jsonValue(entries: readonly SampleEntry[]): Readonly<Record<string, unknown>> {
  const active = entries.filter(({ isActive }) => isActive);
  return Object.fromEntries(
    active.map(({ key, content }) => [key, content.kind === 'value' ? content.value : jsonValue(content.entries)]),
  );
}

function commentLines({ comment }: SampleEntry): string[] {
  return comment === undefined ? [] : [`# ${comment}`];
}

function commented(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? '' : `# ${line}`));
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? '' : `  ${line}`));
}

function blankAfter(key: string): string[] {
  return key === '' ? [] : [''];
}

function quotedKey(key: string): string {
  return /^[\w-]+$/.test(key) ? key : JSON.stringify(key);
}
