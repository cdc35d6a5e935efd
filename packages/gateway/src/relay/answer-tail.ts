import { isObject, type JsonObject } from '../canonical/json.ts';

/** Bytes kept of the end of an answer; what it says of its usage stands there in some hundred. */
const MAX_TAIL = 8 * 1024;

/** The end of a JSON answer that flows through unheld, for what it says of its usage there. */
export class AnswerTail {
  #tail: Buffer = Buffer.alloc(0);

  keep(chunk: Buffer): void {
    const all = chunk.length >= MAX_TAIL ? chunk : Buffer.concat([this.#tail, chunk]);
    this.#tail = all.subarray(Math.max(0, all.length - MAX_TAIL));
  }

  /**
   * The members of the outermost object from one with this name on; undefined where it has none, or none within reach.
   */
  membersFrom(name: string): JsonObject | undefined {
    const key = JSON.stringify(name);
    const text = this.#tail.toString('utf8');
    for (let at = text.indexOf(key); at !== -1; at = text.indexOf(key, at + 1)) {
      const members = objectOf(text.slice(at));
      if (members !== undefined) return members;
    }
    return undefined;
  }
}

/** What is left of an object from one of its members on: only of the outermost one does nothing follow its end. */
function objectOf(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(`{${text}`);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
