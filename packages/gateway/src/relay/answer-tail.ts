import { isObject } from '../canonical/json.ts';

/** Bytes kept of the end of an answer; the usage of pictures and transcriptions stands there in some hundred. */
const MAX_TAIL = 8 * 1024;
const KEY = '"usage"';

/** The end of a JSON answer that flows through unheld, for what it says of its usage there. */
export class AnswerTail {
  #tail: Buffer = Buffer.alloc(0);

  keep(chunk: Buffer): void {
    const all = chunk.length >= MAX_TAIL ? chunk : Buffer.concat([this.#tail, chunk]);
    this.#tail = all.subarray(Math.max(0, all.length - MAX_TAIL));
  }

  /** The member `usage` of the outermost object; undefined where it has none, or none within reach. */
  usage(): unknown {
    const text = this.#tail.toString('utf8');
    for (let at = text.indexOf(KEY); at !== -1; at = text.indexOf(KEY, at + 1)) {
      const rest = membersFrom(text.slice(at));
      if (rest !== undefined) return rest['usage'];
    }
    return undefined;
  }
}

/** What is left of an object from one of its members on: only of the outermost one does nothing follow its end. */
function membersFrom(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(`{${text}`);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
