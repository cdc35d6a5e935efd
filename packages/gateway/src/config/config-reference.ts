import type { z } from 'zod';
import type { ProviderVariables } from './gateway-config.ts';
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

const variables: readonly (readonly [string, string])[] = [
  ['GATEWAY_CONFIG, CONFIG_PATH', 'Configuration file to use.'],
  ['GATEWAY_LISTEN_ADDR, LISTEN_ADDR', 'Where to listen: `host:port`, `:port` or `[address]:port`.'],
  ['SERVER_HOST, GATEWAY_HOST', 'Address to listen on.'],
  ['SERVER_PORT, GATEWAY_PORT', 'Port to listen on.'],
  ['METRICS_PORT, GATEWAY_METRICS_PORT', 'Port of the separate metrics listener; 0 switches it off.'],
  ['LOG_LEVEL', 'Least important log lines that are written, of all or by target: `warn` or `info,health=debug`.'],
  ['RUST_LOG', 'The same; LOG_LEVEL wins.'],
  ['LOG_FORMAT', '`json` or `pretty`.'],
  ['AUTH_MODE', '`open` or `required`.'],
  ['GATEWAY_API_KEYS', 'Keys that callers may use, separated by commas; added to those of the file.'],
  ['REQUEST_SIGNING_SECRET', 'Shared secret of request signatures.'],
  ['CORS_ORIGIN', 'Origins of web pages that may call the gateway, separated by commas.'],
  ['VLLM_BACKENDS', 'JSON object of model names and base URLs; a value may be a list of replicas.'],
  [
    'ADMIN_KEY',
    'Opens `/admin/` and the management pages below `/api/v1/` to whoever sends it; at least 16 characters.',
  ],
  ['DATABASE_URL', 'PostgreSQL server that keeps keys, providers and usage, in place of the embedded file.'],
  ['SECRETS_ENCRYPTION_KEY', 'Key that stored secrets are encrypted with, such as of `openssl rand -hex 32`.'],
  ['REDIS_URL', 'Redis server in which several gateways count together, in place of each by itself.'],
];

function variableTable(providerVariables: readonly ProviderVariables[]): string {
  const providers = providerVariables.map(({ name, environment }) => {
    const names = [...environment.apiKey, ...(environment.baseUrl ?? [])].join(', ');
    return [names, `Sets up the provider \`${name}\` when no file lists providers.`] as const;
  });
  const lines = [...variables, ...providers].map(([name, meaning]) => `| ${name} | ${cell(meaning)} |`);
  return `## Environment variables\n\nA variable wins over the file, a flag wins over a variable.\n\n| Variable | Meaning |\n| --- | --- |\n${lines.join('\n')}\n`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
