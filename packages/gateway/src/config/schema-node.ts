import * as z from 'zod';

/** What a place in the schema takes, with the wrappers (optional, default) taken off. */
export type SchemaNode = SchemaShape & {
  readonly description: string | undefined;
  /** Undefined: no default, or one that only fills in a section's keys. */
  readonly defaultValue: unknown;
  readonly isNullable: boolean;
  /** Absent unless given, and without a default: a section that is off when it is left out. */
  readonly isOptional: boolean;
};

type SchemaShape =
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, z.ZodType> }
  /** `names`: the only ones that there are; undefined: any. */
  | { readonly kind: 'map'; readonly value: z.ZodType; readonly names: readonly string[] | undefined }
  | { readonly kind: 'list'; readonly item: z.ZodType }
  | { readonly kind: 'union'; readonly options: readonly z.ZodType[] }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'number'; readonly isInteger: boolean; readonly minimum: number | undefined }
  | { readonly kind: 'boolean' | 'text' | 'any' };

/** Looks at a place of the schema; the only code that knows how the schema library represents it. */
export function schemaNode(schema: z.ZodType): SchemaNode {
  let inner: unknown = schema;
  let defaultValue: unknown;
  let isNullable = false;
  let isOptional = false;
  let description: string | undefined;
  for (;;) {
    description ??= inner instanceof z.ZodType ? inner.description : undefined;
    if (inner instanceof z.ZodOptional) isOptional = true;
    else if (inner instanceof z.ZodNullable) isNullable = true;
    else if (inner instanceof z.ZodDefault) defaultValue = inner.def.defaultValue;
    else if (!(inner instanceof z.ZodPrefault)) break;
    inner = inner.def.innerType;
  }
  return { ...shapeOf(inner), description, defaultValue, isNullable, isOptional };
}

function shapeOf(schema: unknown): SchemaShape {
  if (schema instanceof z.ZodObject) {
    return { kind: 'object', members: new Map(Object.entries(schema.shape as Record<string, z.ZodType>)) };
  }
  if (schema instanceof z.ZodRecord) {
    const { keyType } = schema;
    const names = keyType instanceof z.ZodEnum ? (keyType.options as readonly string[]) : undefined;
    return { kind: 'map', value: schema.valueType as z.ZodType, names };
  }
  if (schema instanceof z.ZodArray) return { kind: 'list', item: schema.element as z.ZodType };
  if (schema instanceof z.ZodUnion) return { kind: 'union', options: schema.options as readonly z.ZodType[] };
  if (schema instanceof z.ZodEnum) return { kind: 'choice', choices: schema.options as readonly string[] };
  if (schema instanceof z.ZodNumber) {
    return { kind: 'number', isInteger: schema.format === 'safeint', minimum: schema.minValue ?? undefined };
  }
  if (schema instanceof z.ZodBoolean) return { kind: 'boolean' };
  if (schema instanceof z.ZodString) return { kind: 'text' };
  return { kind: 'any' };
}
