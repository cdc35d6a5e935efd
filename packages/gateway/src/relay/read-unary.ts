import type { Operation } from '../canonical/operation.ts';
import type { Usage } from '../canonical/usage.ts';
import { isKey, scanJson } from '../framing/json-scan.ts';
import { decodeUsage } from '../protocols/openai-chat/usage.ts';
import { classifyBody } from '../resilience/classify.ts';
import type { Failure } from '../resilience/failure.ts';
import { failureOf } from './attempt.ts';

/** What a whole unary answer says about itself, or the failure it turns out to be. */
export interface UnaryReading {
  readonly failure: Failure | undefined;
  readonly usage: Usage | undefined;
  readonly responseModel: string | undefined;
}

/** The member that every whole answer of an operation has; operations left out are not known that well. */
const essentialMembers: Partial<Record<Operation, string>> = {
  chat: 'choices',
  completions: 'choices',
  embeddings: 'data',
  responses: 'output',
  moderation: 'results',
};

/**
 * Reads a whole JSON answer: is it one, and what does it say of its model and its usage. One pass over the bytes finds
 * the members that matter; parsing the whole answer would cost several times as much and make garbage of it.
 */
export function readUnary(bytes: Buffer, operation: Operation): UnaryReading {
  const essential = essentialMembers[operation];
  const members = new AnswerMembers(bytes, essential);
  if (!members.isJson) {
    return broken(
      bytes.length === 0 ? 'the provider answered with an empty body' : 'the provider answered with what is not JSON',
    );
  }
  if (!members.isObject) return broken('the provider answered with JSON that is no object');
  if (essential !== undefined && !members.hasEssential) {
    // Some providers report failures under status 200.
    if (members.hasError) return { failure: classifyBody(bytes), usage: undefined, responseModel: undefined };
    return broken(`the provider's answer has no "${essential}"`);
  }
  return {
    failure: undefined,
    usage: decodeUsage(members.valueAt(members.usageStart, members.usageEnd)),
    responseModel: members.model(),
  };
}

/** Where the members of an answer's outermost object stand. */
class AnswerMembers {
  readonly #bytes: Buffer;
  readonly #essential: string | undefined;
  readonly isJson: boolean;
  modelStart = 0;
  modelEnd = 0;
  usageStart = 0;
  usageEnd = 0;
  hasEssential = false;
  hasError = false;

  constructor(bytes: Buffer, essential: string | undefined) {
    this.#bytes = bytes;
    this.#essential = essential;
    this.isJson = scanJson(bytes, 0, bytes.length, this.#visit);
  }

  get isObject(): boolean {
    let index = 0;
    while (this.#bytes[index]! <= 32) index++;
    return this.#bytes[index] === OPEN_BRACE;
  }

  model(): string | undefined {
    if (this.#bytes[this.modelStart] !== QUOTE) return undefined;
    const text = this.#bytes.toString('utf8', this.modelStart + 1, this.modelEnd - 1);
    return text.includes('\\') ? (this.valueAt(this.modelStart, this.modelEnd) as string) : text;
  }

  valueAt(start: number, end: number): unknown {
    return end === 0 ? undefined : JSON.parse(this.#bytes.toString('utf8', start, end));
  }

  readonly #visit = (depth: number, keyStart: number, keyEnd: number, valueStart: number, valueEnd: number): void => {
    if (depth !== 1) return;
    const bytes = this.#bytes;
    const isNull = bytes[valueStart] === LETTER_N;
    if (isKey(bytes, keyStart, keyEnd, 'usage')) {
      this.usageStart = valueStart;
      this.usageEnd = valueEnd;
    } else if (isKey(bytes, keyStart, keyEnd, 'model')) {
      this.modelStart = valueStart;
      this.modelEnd = valueEnd;
    } else if (isKey(bytes, keyStart, keyEnd, 'error')) {
      this.hasError = !isNull;
    } else if (this.#essential !== undefined && isKey(bytes, keyStart, keyEnd, this.#essential)) {
      this.hasEssential = true;
    }
  };
}

const OPEN_BRACE = 123;
const QUOTE = 34;
const LETTER_N = 110;

function broken(message: string): UnaryReading {
  return { failure: failureOf('malformed', message), usage: undefined, responseModel: undefined };
}
