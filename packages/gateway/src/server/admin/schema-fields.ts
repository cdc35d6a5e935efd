import { type JsonSchema, withoutNull } from './json-schema.ts';

/** One field as a reader of the reference sees it. */
export interface DescribedField {
  /** With dots where it lies within another, and `[]` behind what is a list. */
  readonly name: string;
  /** What it must be, in words. */
  readonly kind: string;
  readonly isRequired: boolean;
  readonly description: string;
}

/** Every field of a schema, those within others behind them. */
export function fieldsOf(schema: JsonSchema): readonly DescribedField[] {
  return walk(schema, '');
}

function walk(schema: JsonSchema, prefix: string): readonly DescribedField[] {
  const { items, properties = {}, required = [] } = withoutNull(schema).schema;
  if (items !== undefined) return walk(items, `${prefix}[]`);
  return Object.entries(properties).flatMap(([own, property]) => {
    const name = prefix === '' ? own : `${prefix}.${own}`;
    const field = {
      name,
      kind: kindOf(property),
      isRequired: required.includes(own),
      description: property.description ?? '',
    };
    return [field, ...walk(property, name)];
  });
}

/** What a value must be, in words. */
export function kindOf(given: JsonSchema): string {
  const { isNullable, schema } = withoutNull(given);
  return `${plainKind(schema)}${isNullable ? ' or null' : ''}`;
}

function plainKind(schema: JsonSchema): string {
  const { additionalProperties, anyOf, enum: choices, format, items, maximum, maxLength, minimum, type } = schema;
  if (choices !== undefined) return choices.map(String).join(' | ');
  if (anyOf !== undefined) return anyOf.map(plainKind).join(' or ');
  switch (type) {
    case 'array':
      return items?.properties === undefined ? `list of ${items === undefined ? 'values' : kindOf(items)}` : 'list';
    case 'boolean':
      return 'true | false';
    case 'integer':
    case 'number': {
      const noun = type === 'integer' ? 'whole number' : 'number';
      // The ends of what a number holds exactly say nothing.
      const least = minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? undefined : minimum;
      const most = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum;
      if (least !== undefined && most !== undefined) return `${noun}, ${grouped(least)} to ${grouped(most)}`;
      return most === undefined ? noun : `${noun}, at most ${grouped(most)}`;
    }
    case 'object':
      return typeof additionalProperties === 'object' ? 'object of any fields' : 'object';
    case 'string':
      if (format === 'date-time') return 'time';
      return maxLength === undefined ? 'text' : `text, at most ${grouped(maxLength)} characters`;
    default:
      return 'anything';
  }
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
