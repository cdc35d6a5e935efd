import type { UnreadMember } from '../canonical/conversation.ts';
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
  /** Objects within that are read member by member. */
  #inner: Map<string, RequestFields> | undefined;

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
    return this.take(key) !== undefined;
  }

  /** A member as it is, whole. */
  value(key: string): unknown {
    this.#inner?.delete(key);
    return this.take(key);
  }

  /** Finds a member. */
  protected take(key: string): unknown {
    this.#read.add(key);
    return this.#object[key] ?? undefined;
  }

  string(key: string): string | undefined {
    const value = this.take(key);
    if (value === undefined || typeof value === 'string') return value;
    throw invalidField(this.pathOf(key), 'must be a string');
  }

  requiredString(key: string): string {
    return this.string(key) ?? fail(this.pathOf(key), 'is required');
  }

  number(key: string): number | undefined {
    const value = this.take(key);
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
    const value = this.take(key);
    if (value === undefined || typeof value === 'boolean') return value;
    throw invalidField(this.pathOf(key), 'must be true or false');
  }

  object(key: string): RequestFields | undefined {
    const value = this.take(key);
    return value === undefined ? undefined : this.within(key, value);
  }

  /** The same members each time, so that what was read of them is known. */
  protected within(key: string, value: unknown): RequestFields {
    this.#inner ??= new Map();
    let inner = this.#inner.get(key);
    if (inner === undefined) {
      inner = this.open(value, this.pathOf(key));
      this.#inner.set(key, inner);
    }
    return inner;
  }

  protected open(value: unknown, path: string): RequestFields {
    return RequestFields.of(value, path);
  }

  array(key: string): readonly unknown[] | undefined {
    const value = this.take(key);
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

  /** Members that nobody has read, here and in the objects within; entries of lists are others' to ask. */
  unreadWithin(): readonly UnreadMember[] {
    let found: UnreadMember[] | undefined;
    for (const key of Object.keys(this.#object)) {
      const more = this.#unreadOf(key);
      if (more.length === 0) continue;
      found ??= [];
      for (const member of more) found.push(member);
    }
    return found ?? nothing;
  }

  #unreadOf(key: string): readonly UnreadMember[] {
    const value = this.#object[key];
    if (value === null) return nothing;
    const inner = this.#inner?.get(this.nameOf(key));
    if (!this.#read.has(key) || inner?.isUntouched === true) return [{ path: [key], name: this.pathOf(key), value }];
    return inner?.unreadWithin().map((member) => ({ ...member, path: [key, ...member.path] })) ?? nothing;
  }

  /** The same by their paths in the body. */
  unreadPaths(): readonly string[] {
    return this.unreadWithin().map(({ name }) => name);
  }

  /** It says something, and nothing of that was read. */
  private get isUntouched(): boolean {
    const keys = Object.keys(this.#object);
    return keys.length > 0 && !keys.some((key) => this.#read.has(key));
  }

  /** The name under which a member is read. */
  protected nameOf(key: string): string {
    return key;
  }

  /** Members that nobody has read and that are not null. */
  unread(): readonly string[] {
    return Object.keys(this.#object).filter((key) => !this.#read.has(key) && this.#object[key] !== null);
  }
}

const nothing: readonly UnreadMember[] = [];

/** The error about one field of a caller's request. */
export function invalidField(path: string, problem: string): GatewayError {
  return new GatewayError('invalid_request', `${path} ${problem}.`, { param: path });
}

function fail(path: string, problem: string): never {
  throw invalidField(path, problem);
}
