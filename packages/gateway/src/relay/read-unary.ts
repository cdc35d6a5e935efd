import { type ChatAnswer, saysNothing } from '../canonical/chat-answer.ts';
import { answerTokens } from '../canonical/estimate-tokens.ts';
import { asString, isObject } from '../canonical/json.ts';
import type { Operation } from '../canonical/operation.ts';
import type { ProtocolName } from '../canonical/protocol-name.ts';
import type { Usage } from '../canonical/usage.ts';
import { isKey, scanJson } from '../framing/json-scan.ts';
import { findProtocol, usualProtocol } from '../protocols/find-protocol.ts';
import { decodeUsage as decodeUsualUsage } from '../protocols/openai-chat/usage.ts';
import { findOperationAnswer } from '../protocols/operation-answers.ts';
import type { AnswerMembers, UpstreamSide } from '../protocols/protocol.ts';
import type { AnswerFault } from '../protocols/unfinished-answer.ts';
import { classifyBody } from '../resilience/classify.ts';
import type { Failure } from '../resilience/failure.ts';
import type { AnswerTail } from './answer-tail.ts';
import { failureOf } from './attempt.ts';
import { failedAnswer, faultIn } from './failed-answer.ts';

/** What a whole unary answer says about itself, or the failure it turns out to be. */
export interface UnaryReading {
  readonly failure: Failure | undefined;
  readonly usage: Usage | undefined;
  /** Tokens of what it says, an estimate, where `usage` is not known; undefined: nobody can tell. */
  readonly outputTokens: number | undefined;
  readonly responseModel: string | undefined;
  /** The tier of service that answered, as the provider tells it. */
  readonly serviceTier: string | undefined;
}

/** What a whole answer of an operation has; of operations left out nothing is known that well. */
const answers: Partial<Record<Operation, AnswerMembers>> = {
  completions: membersOf('choices'),
  moderation: membersOf('results'),
};

function membersOf(...essential: string[]): AnswerMembers {
  return { essential, usage: 'usage', model: 'model', tier: { name: 'service_tier', read: asString } };
}

const anyAnswer = membersOf();

/**
 * Chats up to here are parsed, which costs less than a walk over the bytes (`read-unary.bench.ts`). Of what is longer it
 * would make as much garbage again, and the numbers of embeddings take twice as long to parse as to walk over.
 */
const PARSED_BYTES = 64 * 1024;

/** Reads a whole JSON answer: is it one, and what does it say of its model and its usage. */
export function readUnary(bytes: Buffer, operation: Operation, protocol: ProtocolName): UnaryReading {
  const { decodeUsage, upstream, wanted } = membersAskedFor(operation, protocol);
  const found =
    upstream !== undefined && bytes.length <= PARSED_BYTES
      ? parseMembers(bytes, wanted)
      : new ScannedMembers(bytes, wanted);
  if (!found.isJson) {
    return broken(
      bytes.length === 0 ? 'the provider answered with an empty body' : 'the provider answered with what is not JSON',
    );
  }
  if (!found.isObject) return broken('the provider answered with JSON that is no object');
  // An answer that is none, or half of one, is charged for nevertheless where it says what it took.
  const usage = decodeUsage(found.usage);
  if (wanted.essential.length > 0 && !found.hasEssential) {
    // Some providers report failures under status 200.
    if (found.hasError) return noAnswer(classifyBody(bytes), usage);
    return noAnswer(malformed(`the provider's answer has no "${wanted.essential[0]}"`), usage);
  }
  if (found.fault !== undefined) return noAnswer(failedAnswer(bytes, found.fault), usage);
  const mayBeNone = found.isEmpty || !usage?.output;
  const answer = mayBeNone && upstream !== undefined ? decoded(bytes, upstream) : undefined;
  const isNone = answer === undefined ? found.isEmpty && operation === 'completions' : saysNothing(answer);
  if (isNone) return noAnswer(malformed("the provider's answer is empty"), usage);
  const serviceTier = wanted.tier?.read(found.tier);
  const outputTokens = usage === undefined && answer !== undefined ? answerTokens(answer) : undefined;
  return { failure: undefined, usage, outputTokens, responseModel: found.model, serviceTier };
}

/** What an answer tells at its end of its usage and its tier. */
export type TailReading = Pick<UnaryReading, 'usage' | 'serviceTier'>;

/** Reads that of an answer that is too long to be read as a whole. */
export function readTail(tail: AnswerTail, operation: Operation, protocol: ProtocolName): TailReading {
  const { decodeUsage, wanted } = membersAskedFor(operation, protocol);
  const name = wanted.usage;
  const members = name === undefined ? undefined : tail.membersFrom(name);
  if (name === undefined || members === undefined) return { usage: undefined, serviceTier: undefined };
  const usage = decodeUsage(members[name]);
  return { usage, serviceTier: wanted.tier?.read(members[wanted.tier.name]) };
}

interface AskedMembers {
  /** Undefined where only the gateway's own operations are asked for. */
  readonly upstream: UpstreamSide | undefined;
  readonly wanted: AnswerMembers;
  readonly decodeUsage: (value: unknown) => Usage | undefined;
}

function membersAskedFor(operation: Operation, protocol: ProtocolName): AskedMembers {
  if (operation === 'chat' || operation === 'responses') {
    const { upstream } = findProtocol(protocol);
    return { upstream, wanted: upstream.answerMembers, decodeUsage: upstream.decodeUsage };
  }
  const answer = findOperationAnswer(operation, protocol);
  if (answer) return { upstream: undefined, wanted: answer.members, decodeUsage: answer.decodeUsage };
  // Of the answers to other operations only those of the usual wire are known that well.
  const known = protocol === usualProtocol ? answers[operation] : undefined;
  return { upstream: undefined, wanted: known ?? anyAnswer, decodeUsage: decodeUsualUsage };
}

/** The few answers that may say nothing, or do not say what they took: only these are read as the gateway understands them. */
function decoded(bytes: Buffer, { decodeAnswer }: UpstreamSide): ChatAnswer | undefined {
  try {
    return decodeAnswer(JSON.parse(bytes.toString('utf8')), { idSeed: '' });
  } catch {
    // It need not be an answer that the gateway understands.
    return undefined;
  }
}

/** What the members of an answer's outermost object say. */
interface FoundMembers {
  readonly isJson: boolean;
  readonly isObject: boolean;
  readonly hasEssential: boolean;
  /** What is essential is an empty list. */
  readonly isEmpty: boolean;
  readonly hasError: boolean;
  /** What it says is wrong with it. */
  readonly fault: AnswerFault | undefined;
  readonly usage: unknown;
  readonly model: string | undefined;
  /** The member that tells the tier of service. */
  readonly tier: unknown;
}

const nothing = {
  hasEssential: false,
  isEmpty: false,
  hasError: false,
  fault: undefined,
  usage: undefined,
  model: undefined,
  tier: undefined,
};
const noJson: FoundMembers = { isJson: false, isObject: false, ...nothing };
const noObject: FoundMembers = { isJson: true, isObject: false, ...nothing };

function parseMembers(bytes: Buffer, { essential, failure, model, tier, usage }: AnswerMembers): FoundMembers {
  let answer: unknown;
  try {
    answer = JSON.parse(bytes.toString('utf8'));
  } catch {
    return noJson;
  }
  if (!isObject(answer)) return noObject;
  const told = model === undefined ? undefined : answer[model];
  return {
    isJson: true,
    isObject: true,
    hasEssential: essential.some((name) => answer[name] !== undefined),
    isEmpty: essential.some((name) => isEmptyList(answer[name])),
    hasError: answer['error'] !== undefined && answer['error'] !== null,
    fault: faultIn(answer, failure),
    usage: usage === undefined ? undefined : answer[usage],
    model: typeof told === 'string' ? told : undefined,
    tier: tier === undefined ? undefined : answer[tier.name],
  };
}

/** The same from one pass over the bytes, which makes no values of what is not asked for. */
class ScannedMembers implements FoundMembers {
  readonly #bytes: Buffer;
  readonly #wanted: AnswerMembers;
  readonly isJson: boolean;
  #modelStart = 0;
  #modelEnd = 0;
  #usageStart = 0;
  #usageEnd = 0;
  #tierStart = 0;
  #tierEnd = 0;
  hasEssential = false;
  isEmpty = false;
  hasError = false;
  fault: AnswerFault | undefined;

  constructor(bytes: Buffer, wanted: AnswerMembers) {
    this.#bytes = bytes;
    this.#wanted = wanted;
    this.isJson = scanJson(bytes, 0, bytes.length, this.#visit);
  }

  get isObject(): boolean {
    let index = 0;
    while (this.#bytes[index]! <= 32) index++;
    return this.#bytes[index] === OPEN_BRACE;
  }

  get model(): string | undefined {
    const model = this.#valueAt(this.#modelStart, this.#modelEnd);
    return typeof model === 'string' ? model : undefined;
  }

  get usage(): unknown {
    return this.#valueAt(this.#usageStart, this.#usageEnd);
  }

  get tier(): unknown {
    const { tier, usage } = this.#wanted;
    return tier?.name === usage ? this.usage : this.#valueAt(this.#tierStart, this.#tierEnd);
  }

  #valueAt(start: number, end: number): unknown {
    return end === 0 ? undefined : JSON.parse(this.#bytes.toString('utf8', start, end));
  }

  readonly #visit = (depth: number, keyStart: number, keyEnd: number, valueStart: number, valueEnd: number): void => {
    const bytes = this.#bytes;
    const { usage, model, essential, failure, tier } = this.#wanted;
    if (failure !== undefined && depth === failure.depth && isKey(bytes, keyStart, keyEnd, failure.name)) {
      const quote = bytes[valueStart] === QUOTE ? 1 : 0;
      this.fault ??= failure.faultOf(bytes.toString('latin1', valueStart + quote, valueEnd - quote));
    }
    if (depth !== 1) return;
    const isNull = bytes[valueStart] === LETTER_N;
    if (usage !== undefined && isKey(bytes, keyStart, keyEnd, usage)) {
      this.#usageStart = valueStart;
      this.#usageEnd = valueEnd;
    } else if (model !== undefined && isKey(bytes, keyStart, keyEnd, model)) {
      this.#modelStart = valueStart;
      this.#modelEnd = valueEnd;
    } else if (tier !== undefined && isKey(bytes, keyStart, keyEnd, tier.name)) {
      this.#tierStart = valueStart;
      this.#tierEnd = valueEnd;
    } else if (isKey(bytes, keyStart, keyEnd, 'error')) {
      this.hasError = !isNull;
    } else {
      for (let index = 0; index < essential.length; index++) {
        if (!isKey(bytes, keyStart, keyEnd, essential[index]!)) continue;
        this.hasEssential = true;
        this.isEmpty ||= isEmptyListAt(bytes, valueStart, valueEnd);
      }
    }
  };
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** The same of its bytes. A list that is empty but for more spaces than anybody writes is taken for one that is not. */
function isEmptyListAt(bytes: Buffer, start: number, end: number): boolean {
  return (
    bytes[start] === OPEN_BRACKET && end - start <= 8 && isEmptyList(JSON.parse(bytes.toString('latin1', start, end)))
  );
}

const QUOTE = 34;
const OPEN_BRACE = 123;
const OPEN_BRACKET = 91;
const LETTER_N = 110;

function broken(message: string): UnaryReading {
  return noAnswer(malformed(message), undefined);
}

function malformed(message: string): Failure {
  return failureOf('malformed', message);
}

function noAnswer(failure: Failure, usage: Usage | undefined): UnaryReading {
  return { failure, usage, outputTokens: undefined, responseModel: undefined, serviceTier: undefined };
}
