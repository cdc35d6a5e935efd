import type { NativeForm, UnreadMember, UnreadMembers } from '../canonical/conversation.ts';
import { isObject } from '../canonical/json.ts';
import type { ProtocolName } from '../canonical/protocol-name.ts';
import { camelCase } from './camel-case.ts';
import type { RequestFields } from './request-fields.ts';

/** What can hold them: a part, a turn, a tool. */
interface Holder {
  readonly unread?: UnreadMembers;
}

const none = {};

/** What a wire says of something beyond what was read of it; nothing for nearly everything. */
export function unreadMembers(fields: RequestFields, origin: ProtocolName): Holder {
  const members = fields.unreadWithin();
  return members.length === 0 ? none : { unread: { origin, members } };
}

/** The form in which something came, where it says more than was read of it and of the entries of its lists. */
export function nativeForm(
  value: unknown,
  read: readonly RequestFields[],
  origin: ProtocolName,
): { readonly native?: NativeForm } {
  const unread = read.flatMap((fields) => fields.unreadWithin());
  return unread.length === 0 ? none : { native: { origin, value, unread } };
}

/** The same with what its message said, for the part that begins the message. */
export function withMessage<P extends Holder>(part: P, message: readonly UnreadMember[], origin: ProtocolName): P {
  if (message.length === 0) return part;
  return { ...part, unread: { origin, members: part.unread?.members ?? [], ofMessage: message } };
}

/** Whether there is something to say on that wire which the vocabulary has no word for. */
export function hasUnread({ unread }: Holder, wire: ProtocolName): boolean {
  return unread !== undefined && unread.origin === wire && unread.members.length > 0;
}

/** What something became on its own wire, with the rest of what it said there. Other wires get nothing of it. */
export function withUnread<T extends object>(encoded: T, { unread }: Holder, wire: ProtocolName): T {
  return unread === undefined || unread.origin !== wire ? encoded : withMembers(encoded, unread.members);
}

/** An object with more members. What it says itself stands, and what stood in an object that is not there is gone with it. */
export function withMembers<T extends object>(encoded: T, members: readonly UnreadMember[]): T {
  const whole = { ...encoded } as Record<string, unknown>;
  const copies = new Set<object>([whole]);
  for (const { path, value } of members) {
    const holder = holderOf(whole, path, copies);
    if (holder === undefined) continue;
    const name = spellingIn(holder, path.at(-1)!);
    if (!Object.hasOwn(holder, name) || holder[name] === undefined) {
      Object.defineProperty(holder, name, { value, writable: true, enumerable: true, configurable: true });
    }
  }
  return whole as T;
}

/** The object in which a member stands, copied once before it is changed; undefined where there is none. */
function holderOf(
  whole: Record<string, unknown>,
  path: readonly string[],
  copies: Set<object>,
): Record<string, unknown> | undefined {
  let holder = whole;
  for (const key of path.slice(0, -1)) {
    const name = spellingIn(holder, key);
    const inner = Object.hasOwn(holder, name) ? holder[name] : undefined;
    if (!isObject(inner)) return undefined;
    const copy: Record<string, unknown> = copies.has(inner) ? inner : { ...inner };
    copies.add(copy);
    holder[name] = copy;
    holder = copy;
  }
  return holder;
}

/** `generation_config` and `generationConfig` are one member to who reads protocol buffers in JSON. */
export function spellingIn(holder: object, key: string): string {
  if (Object.hasOwn(holder, key)) return key;
  const other = camelCase(key);
  return Object.hasOwn(holder, other) ? other : key;
}
