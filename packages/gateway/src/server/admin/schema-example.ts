import { providerDefinitions } from '../../providers/registry.gen.ts';
import { type JsonSchema, withoutNull } from './json-schema.ts';

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** What stands in examples, by the name of the field. A field that is none of these is left out of what is sent. */
const samples: Readonly<Record<string, Json>> = {
  name: 'my-app',
  key: 'sk-550e8400-e29b-41d4-a716-446655440000',
  key_prefix: 'sk-550e8400...',
  id: '3d6f1c9e-8a52-4b7d-9c1e-5f0a2b7c4d11',
  key_id: '3d6f1c9e-8a52-4b7d-9c1e-5f0a2b7c4d11',
  provider_id: 'a1b2c3d4-0000-4000-8000-000000000001',
  organisation_id: 'b1b2c3d4-0000-4000-8000-000000000002',
  tenant_id: 'acme',
  // The first one that can be reached with a key alone.
  kind: providerDefinitions.find(({ baseUrl, needsKey }) => needsKey && baseUrl !== undefined)?.name ?? 'unknown',
  api_key: 'sk-your-provider-key',
  api_key_preview: 'sk-y...-key',
  provider_model_name: 'gpt-4o-mini',
  provider_name: 'main',
  models: ['gpt-4o', 'gpt-4o-*'],
  allowed_models: ['gpt-4o'],
  regions: ['eu'],
  requests_per_minute: 60,
  tokens_per_minute: 100_000,
  token_budget: 5_000_000,
  max_keys: 10,
  metadata: { owner: 'search' },
  expires_at: '2099-01-01T00:00:00Z',
  grace_seconds: 3_600,
  is_active: true,
};

/** Names that mean something else where they stand for a thing of another kind. */
const named: Readonly<Record<string, Readonly<Record<string, Json>>>> = {
  providers: { name: 'main' },
  models: { name: 'fast' },
  tenants: { name: 'Acme' },
};

export interface ExampleAsk {
  readonly schema: JsonSchema;
  /** What it belongs to, by its tag. */
  readonly tag: string;
  /** `sent`: what must be there, and what a reader may want to see; `answered`: every field. */
  readonly io: 'sent' | 'answered';
}

/** A value that fits a schema, as an example for people. */
export function exampleOf({ io, schema, tag }: ExampleAsk): Json {
  const own = { ...samples, ...named[tag] };
  return build('', schema);

  function build(name: string, given: JsonSchema): Json {
    const { isNullable, schema: plain } = withoutNull(given);
    const sample = own[name];
    if (sample !== undefined && fits(sample, plain)) return sample;
    if (isNullable && io === 'answered') return null;
    if (plain.properties !== undefined) return buildObject(plain.properties, plain.required ?? []);
    if (plain.items !== undefined) return io === 'answered' ? [build(name, plain.items)] : [];
    return ofType(plain);
  }

  function buildObject(properties: Readonly<Record<string, JsonSchema>>, required: readonly string[]): Json {
    const members = Object.entries(properties).filter(
      ([name, property]) => required.includes(name) || isWorthShowing(name, property),
    );
    return Object.fromEntries(members.map(([name, property]) => [name, build(name, property)]));
  }

  function isWorthShowing(name: string, property: JsonSchema): boolean {
    const { schema: plain } = withoutNull(property);
    if (own[name] !== undefined) return fits(own[name], plain);
    const inner = Object.entries(plain.properties ?? {});
    return inner.some(([innerName, one]) => isWorthShowing(innerName, one));
  }
}

function fits(sample: Json, { enum: choices, type }: JsonSchema): boolean {
  if (choices !== undefined) return choices.includes(sample);
  if (Array.isArray(sample)) return type === 'array';
  if (type === 'integer') return typeof sample === 'number';
  return type === (typeof sample === 'object' ? 'object' : typeof sample);
}

function ofType({ enum: choices, format, minimum, type }: JsonSchema): Json {
  if (choices !== undefined) return choices[0] as Json;
  switch (type) {
    case 'boolean':
      return false;
    case 'integer':
    case 'number':
      return Math.max(0, minimum ?? 0);
    case 'object':
      return {};
    default:
      return format === 'date-time' ? '2030-01-31T12:00:00.000Z' : 'text';
  }
}
