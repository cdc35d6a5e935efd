import * as z from 'zod';

/** As much of JSON Schema as the schemas of this API come to. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
}

/** The JSON Schema of what is sent (`input`) or answered (`output`). */
export function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const described = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // The format says the same in a word.
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
      // Readers of answers must not mind fields that come later.
      if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
    },
  });
  delete described.$schema;
  return described as JsonSchema;
}

/** A schema without its `null`, and whether it had one. */
export function withoutNull(schema: JsonSchema): { readonly schema: JsonSchema; readonly isNullable: boolean } {
  const { anyOf, type } = schema;
  if (anyOf !== undefined) {
    const others = anyOf.filter((one) => one.type !== 'null');
    const isNullable = others.length < anyOf.length;
    if (others.length !== 1) return { schema, isNullable };
    const { anyOf: _anyOf, ...own } = schema;
    return { schema: { ...others[0], ...own }, isNullable };
  }
  if (type === undefined || typeof type === 'string') return { schema, isNullable: false };
  const others = type.filter((one) => one !== 'null');
  const only = others.length === 1 ? others[0]! : others;
  return { schema: { ...schema, type: only }, isNullable: others.length < type.length };
}
