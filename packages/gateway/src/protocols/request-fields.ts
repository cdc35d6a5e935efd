import { GatewayError } from '../canonical/gateway-error.ts';
import { isObject, type JsonObject } from '../canonical/json.ts';
import { toNumber } from '../framing/exact-json.ts';

/**
 * The members of one object of a caller's request. Each is read once, by name and type; what is of another type throws
 * `invalid_request` with the member's path, and what nobody read can be told. `null` is the same as absent.
 */
export class RequestFields {
  readonly path: string;
  readonly #object: JsonObject;
  readonly #read = new Set<string>();

  /** `path` is where the object stands in the body: `messages[2]`; '' is the body itself. */
  constructor(object: JsonObject, path: string) {
    this.#object = object;
    this.path = path;
  }

  /** An object that must be one. */
  static of(value: unknown, path: string): RequestFields {
    if (!isObject(value)) throw invalidField(path, 'must be an object');
    return new RequestFields(value, path);
  }

  /** Path of a member: `messages[2].content`. */
  pathOf(key: string): string {
    return this.path === '' ? key : `${this.path}.${key}`;
  }

  has(key: string): boolean {
    return this.value(key) !== undefined;
  }

  /** A member as it is. */
  value(key: string): unknown {
    this.#read.add(key);
    return this.#object[key] ?? undefined;
  }

  string(key: string): string | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === 'string') return value;
    throw invalidField(this.pathOf(key), 'must be a string');
  }

  requiredString(key: string): string {
    return this.string(key) ?? fail(this.pathOf(key), 'is required');
  }

  number(key: string): number | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    return toNumber(value) ?? fail(this.pathOf(key), 'must be a number');
  }

  /** A whole number that is not negative. */
  count(key: string): number | undefined {
    const value = this.number(key);
    if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) return value;
    throw invalidField(this.pathOf(key), 'must be a whole number that is not negative');
  }

  boolean(key: string): boolean | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === 'boolean') return value;
    throw invalidField(this.pathOf(key), 'must be true or false');
  }

  object(key: string): RequestFields | undefined {
    const value = this.value(key);
    return value === undefined ? undefined : RequestFields.of(value, this.pathOf(key));
  }

  array(key: string): readonly unknown[] | undefined {
    const value = this.value(key);
    if (value === undefined || Array.isArray(value)) return value as readonly unknown[] | undefined;
    throw invalidField(this.pathOf(key), 'must be an array');
  }

  /** The objects of an array member; empty when there is none. */
  objects(key: string): readonly RequestFields[] {
    const items = this.array(key) ?? [];
    return items.map((item, index) => RequestFields.of(item, `${this.pathOf(key)}[${index}]`));
  }

  strings(key: string): readonly string[] | undefined {
    const items = this.array(key);
    if (items === undefined || items.every((item) => typeof item === 'string')) return items;
    throw invalidField(this.pathOf(key), 'must hold strings only');
  }

  /** Members that nobody has read and that are not null. */
  unread(): readonly string[] {
    return Object.keys(this.#object).filter((key) => !this.#read.has(key) && this.#object[key] !== null);
  }
}

/** The error about one field of a caller's request. */
export function invalidField(path: string, problem: string): GatewayError {
  return new GatewayError('invalid_request', `${path} ${problem}.`, { param: path });
}

function fail(path: string, problem: string): never {
  throw invalidField(path, problem);
}
