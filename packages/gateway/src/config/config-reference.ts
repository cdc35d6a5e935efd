import type { z } from 'zod';
import type { ProviderVariables } from './gateway-config.ts';
import { gatewayVariables } from './gateway-variables.ts';
import { configSchema } from './schema.ts';
import { type SchemaNode, schemaNode } from './schema-node.ts';

/** The reference of all keys and variables as Markdown, from the descriptions in the schema. */
export function configReference(providerVariables: readonly ProviderVariables[] = []): string {
  const sections = [...membersOf(configSchema)].filter(([key]) => !key.startsWith('$'));
  return [...sections.map(([key, schema]) => sectionTable(key, schema)), variableTable(providerVariables)].join('\n');
}

interface Row {
  readonly key: string;
  readonly type: string;
  readonly defaultText: string;
  readonly meaning: string;
}

function sectionTable(key: string, schema: z.ZodType): string {
  const node = schemaNode(schema);
  const rows = rowsOf(key, node);
  const heading = `## \`${key}\`\n\n${node.description ?? ''}\n`;
  if (rows.length === 0) return heading;
  const lines = rows.map((row) => `| \`${row.key}\` | ${row.type} | ${row.defaultText} | ${cell(row.meaning)} |`);
  return `${heading}\n| Key | Type | Default | Meaning |\n| --- | --- | --- | --- |\n${lines.join('\n')}\n`;
}

/** A row for each key below a place; the place itself is described by its heading or its own row. */
function rowsOf(path: string, node: SchemaNode): readonly Row[] {
  switch (node.kind) {
    case 'object':
      return [...node.members].flatMap(([key, schema]) => {
        const member = schemaNode(schema);
        return [rowOf(`${path}.${key}`, member), ...rowsOf(`${path}.${key}`, member)];
      });
    case 'map':
      return rowsOf(`${path}.<name>`, schemaNode(node.value));
    case 'list':
      return rowsOf(`${path}[]`, schemaNode(node.item));
    case 'union':
      return node.options.flatMap((option) => {
        const inner = schemaNode(option);
        return inner.kind === 'object' ? rowsOf(path, inner) : [];
      });
    default:
      return [];
  }
}

function rowOf(key: string, node: SchemaNode): Row {
  return { key, type: typeName(node), defaultText: defaultName(node), meaning: node.description ?? '' };
}

function typeName(node: SchemaNode): string {
  switch (node.kind) {
    case 'object':
      return 'section';
    case 'map':
      return `map of names to ${typeName(schemaNode(node.value))}`;
    case 'list':
      return `list of ${typeName(schemaNode(node.item))}`;
    case 'union':
      return [...new Set(node.options.map((option) => typeName(schemaNode(option))))].join(' or ');
    case 'choice':
      return node.choices.map((choice) => `\`${choice}\``).join(', ');
    case 'number':
      return node.isInteger ? 'whole number' : 'number';
    case 'boolean':
      return '`true` or `false`';
    case 'text':
      return 'text';
    case 'any':
      return 'any';
  }
}

function defaultName({ defaultValue }: SchemaNode): string {
  if (defaultValue === undefined) return '';
  if (Array.isArray(defaultValue)) return defaultValue.map((item) => `\`${String(item)}\``).join(', ') || 'empty';
  return typeof defaultValue === 'object' ? 'empty' : `\`${String(defaultValue)}\``;
}

function membersOf(schema: z.ZodType): ReadonlyMap<string, z.ZodType> {
  const node = schemaNode(schema);
  return node.kind === 'object' ? node.members : new Map();
}

function variableTable(providerVariables: readonly ProviderVariables[]): string {
  const providers = providerVariables.flatMap(({ name, environment }) => {
    const names = [...environment.apiKey, ...(environment.baseUrl ?? [])].join(', ');
    if (names === '') return [];
    return [[names, `Sets up the provider \`${name}\` when no file lists providers.`] as const];
  });
  const lines = [...gatewayVariables, ...providers].map(([name, meaning]) => `| ${name} | ${cell(meaning)} |`);
  return `## Environment variables\n\nA variable wins over the file, a flag wins over a variable.\n\n| Variable | Meaning |\n| --- | --- |\n${lines.join('\n')}\n`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
