import type { ToolCallPart } from '../../canonical/conversation.ts';
import type { RequestFields } from '../request-fields.ts';

/** What is gathered while a request is read: the calls that wait for their results, and what nobody has words for. */
export class RequestReading {
  readonly unknownMembers: string[] = [];
  readonly #unanswered: ToolCallPart[] = [];
  readonly #names = new Map<string, string>();
  #made = 0;

  /** Members of an object that were not read, by their paths. */
  noteUnread(fields: RequestFields): void {
    for (const key of fields.unread()) this.unknownMembers.push(fields.path === '' ? key : `${fields.path}.${key}`);
  }

  /** The same with those of the objects within it. */
  noteUnreadWithin(fields: RequestFields): void {
    for (const path of fields.unreadPaths()) this.unknownMembers.push(path);
  }

  /** An id for a call that has none: on this wire they are rare. */
  makeId(): string {
    return `${MADE}${this.#made++}`;
  }

  addCall(call: ToolCallPart): void {
    this.#unanswered.push(call);
    this.#names.set(call.id, call.name);
  }

  /** The call that a result is for: by its id, else the first of that name that is still without one. */
  answered(id: string | undefined, name: string): Pick<ToolCallPart, 'id' | 'name'> {
    const { length } = this.#unanswered;
    const byId = id === undefined ? length : this.#unanswered.findIndex((call) => call.id === id);
    const index = byId >= 0 && byId < length ? byId : this.#unanswered.findIndex((call) => call.name === name);
    const [call] = index < 0 ? [] : this.#unanswered.splice(index, 1);
    if (call) return { id: call.id, name: name === '' ? call.name : name };
    const known = id === undefined ? undefined : this.#names.get(id);
    return { id: id ?? this.makeId(), name: name === '' ? (known ?? '') : name };
  }
}

/** Whether an id was made up for a caller that gave none: it is not sent. */
export function isMadeId(id: string): boolean {
  return id.startsWith(MADE);
}

const MADE = 'unnamed_call_';
