import type { z } from 'zod';
import { configSchema } from './schema.ts';
import { type SchemaNode, schemaNode } from './schema-node.ts';

/** A key of a sample configuration. */
export interface SampleEntry {
  readonly key: string;
  readonly comment: string | undefined;
  /** Inactive ones are written as comments. */
  readonly isActive: boolean;
  readonly content: SampleContent;
}

export type SampleContent =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'section'; readonly entries: readonly SampleEntry[] }
  | { readonly kind: 'items'; readonly entries: readonly SampleEntry[] };

/** A sample of every section: keys with a default are active, everything else shows how it would look. */
export function sampleEntries(): readonly SampleEntry[] {
  const root = schemaNode(configSchema);
  return root.kind === 'object' ? entriesOf([], root.members) : [];
}

type Path = readonly string[];

function entriesOf(path: Path, members: ReadonlyMap<string, z.ZodType>): readonly SampleEntry[] {
  return [...members].flatMap(([key, schema]) => {
    const node = schemaNode(schema);
    const isAlias = node.description?.startsWith('Same as ') ?? false;
    const content = isAlias || key.startsWith('$') ? undefined : contentOf([...path, key], node);
    if (content === undefined) return [];
    return [{ key, comment: node.description, isActive: isActive([...path, key], node), content }];
  });
}

// Needed for a target to be of use, though the schema lets other names of them stand in.
const activeKeys: ReadonlySet<string> = new Set(['url', 'base_url', 'api_base', 'api_key']);

// Naming these has a meaning of its own, even with the default: an address asks for an open gateway there, a port has
// to be free, and a list would not grow with later versions.
const inactivePaths: ReadonlySet<string> = new Set(['server.host', 'server.metrics_port', 'proxy.deny']);

function isActive(path: Path, node: SchemaNode): boolean {
  if (node.kind === 'map' || inactivePaths.has(path.join('.'))) return false;
  if (node.kind === 'list' && schemaNode(node.item).kind === 'object') return false;
  return !node.isOptional || activeKeys.has(path.at(-1) ?? '');
}

/** Undefined: nothing that a sample could show. */
function contentOf(path: Path, node: SchemaNode): SampleContent | undefined {
  if (node.kind === 'object') return { kind: 'section', entries: entriesOf(path, node.members) };
  if (node.kind === 'list') {
    const item = schemaNode(node.item);
    if (item.kind === 'object') return { kind: 'items', entries: entriesOf(path, item.members) };
  }
  if (node.kind === 'map') {
    const content = contentOf(path, schemaNode(node.value));
    const entry = content && {
      key: exampleNames[path.join('.')] ?? 'example',
      comment: undefined,
      isActive: true,
      content,
    };
    return entry && { kind: 'section', entries: [entry] };
  }
  const value = node.defaultValue ?? exampleOf(path, node);
  return value === undefined ? undefined : { kind: 'value', value };
}

const exampleNames: Readonly<Record<string, string>> = {
  models: 'my-model',
  pricing: 'my-model',
  providers: 'my-provider',
  'resilience.timeout.operations': 'embeddings',
  'routing.fallbacks': 'my-model',
  vllm_backends: 'my-model',
};

/** Values that say more than any of their kind, or that others nearby ask for; by path or key. */
const examples: Readonly<Record<string, string | number>> = {
  api_base: 'http://localhost:8000/v1',
  base_url: 'http://localhost:8000/v1',
  condition: "model starts_with 'my-'",
  'database.url': 'postgres://localhost:5432/llm_gateway',
  fallbacks: 'my-other-model',
  'resilience.circuit_breaker.max_timeout_seconds': 240,
  'redis.url': 'redis://localhost:6379',
  sticky_by: 'conversation',
  target_provider: 'my-provider',
  url: 'http://localhost:8000',
  vllm_backends: 'http://localhost:8000',
};

function exampleOf(path: Path, node: SchemaNode): unknown {
  if (node.kind === 'union') return exampleOf(path, schemaNode(node.options[0]!));
  const key = path.at(-1) ?? '';
  const example = examples[path.join('.')] ?? examples[key];
  if (example !== undefined && node.kind !== 'boolean') return node.kind === 'list' ? [example] : example;
  switch (node.kind) {
    case 'choice':
      return node.choices[0];
    case 'number':
      return Math.max(1, node.minimum ?? 1);
    case 'boolean':
      return false;
    case 'list': {
      const item = schemaNode(node.item);
      return item.kind === 'choice' ? [item.choices[0]] : [];
    }
    case 'text':
      // A secret belongs into a variable.
      return node.isNullable ? `\${${key.toUpperCase()}}` : 'example';
    default:
      return undefined;
  }
}
