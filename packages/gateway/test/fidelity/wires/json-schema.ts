import { at } from './wire-value.ts';

/** What checks a request against a description of an API: as much of JSON Schema as those use. */
export class SchemaReader {
  readonly #document: unknown;

  constructor(document: unknown) {
    this.#document = document;
  }

  /** Where a value does not fit, as `messages[].content: required role`; empty when it does. */
  violations(schema: unknown, value: unknown, path = ''): string[] {
    const real = this.#resolved(schema);
    if (real === undefined || value === undefined) return [];
    if (value === null) return [];
    return [
      ...this.#choices(real, value, path),
      ...listIn(real, 'allOf').flatMap((one) => this.violations(one, value, path)),
      ...typeViolations(real, value, path),
      ...this.#members(real, value, path),
      ...this.#items(real, value, path),
    ];
  }

  #resolved(schema: unknown): unknown {
    let real = schema;
    for (let reference = at(real, '$ref'); typeof reference === 'string'; reference = at(real, '$ref')) {
      real = at(this.#document, ...reference.slice(2).split('/').map(decodeURIComponent));
    }
    return real;
  }

  #choices(schema: unknown, value: unknown, path: string): string[] {
    const choices = [...listIn(schema, 'anyOf'), ...listIn(schema, 'oneOf')];
    if (choices.length === 0) return [];
    let nearest: string[] | undefined;
    for (const choice of choices) {
      const found = this.violations(choice, value, path);
      if (found.length === 0) return [];
      // Of forms that say by their type that they are others, nothing is to be learned.
      const isOther = found.some((one) => one === `${path}.type: not one of the known`);
      if (!isOther && (nearest === undefined || found.length < nearest.length)) nearest = found;
    }
    return nearest ?? [`${path}: none of the forms`];
  }

  #members(schema: unknown, value: unknown, path: string): string[] {
    if (typeof value !== 'object' || Array.isArray(value)) return [];
    const properties = (at(schema, 'properties') ?? {}) as Record<string, unknown>;
    const missing = listIn(schema, 'required').filter((name) => at(value, String(name)) === undefined);
    const found = missing.map((name) => `${path}: required ${String(name)}`);
    for (const [name, member] of Object.entries(value as object)) {
      if (Object.hasOwn(properties, name)) found.push(...this.violations(properties[name], member, `${path}.${name}`));
      else if (at(schema, 'additionalProperties') === false) found.push(`${path}: unknown ${name}`);
    }
    return found;
  }

  #items(schema: unknown, value: unknown, path: string): string[] {
    const items = at(schema, 'items');
    if (!Array.isArray(value) || items === undefined) return [];
    return value.flatMap((one) => this.violations(items, one, `${path}[]`));
  }
}

function typeViolations(schema: unknown, value: unknown, path: string): string[] {
  const found: string[] = [];
  const type = at(schema, 'type');
  const types = Array.isArray(type) ? type : type === undefined ? [] : [type];
  if (types.length > 0 && !types.some((one) => isOfType(one, value)))
    found.push(`${path}: not of type ${types.join(' or ')}`);
  const known = [...listIn(schema, 'enum'), ...(at(schema, 'const') === undefined ? [] : [at(schema, 'const')])];
  if (known.length > 0 && !known.includes(value)) found.push(`${path}: not one of the known`);
  if (typeof value === 'number') {
    if (value < Number(at(schema, 'minimum') ?? -Infinity)) found.push(`${path}: too small`);
    if (value > Number(at(schema, 'maximum') ?? Infinity)) found.push(`${path}: too large`);
  }
  return found;
}

function isOfType(type: unknown, value: unknown): boolean {
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && !Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type || type === 'null';
}

function listIn(schema: unknown, name: string): readonly unknown[] {
  const found = at(schema, name);
  return Array.isArray(found) ? found : [];
}
