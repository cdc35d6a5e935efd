import type { Buffer } from 'node:buffer';
import { kindsOfCodes } from './error-codes.ts';
import { isRateInDisguise, saysKind, speaksOfAccount } from './error-phrases.ts';
import { type ErrorSignals, readErrorSignals } from './error-signals.ts';
import type { Failure, FailureKind } from './failure.ts';
import { failureMessage, failureTraits } from './failure-table.ts';
import { limitResetMs, type RateLimitHeaders } from './read-rate-limits.ts';
import { parseRetryAfter } from './retry-after.ts';
import { waitInWords } from './retry-duration.ts';

export { classifyError } from './transport-error.ts';

export interface StatusInput {
  readonly status: number;
  /** A response header by lower-case name. */
  readonly headers: (name: string) => string | undefined;
  /** The headers that tell of rate limits; left out when the response has none. */
  readonly rateLimits?: RateLimitHeaders | undefined;
  /** The body, or as much of it as was kept. */
  readonly body: Buffer | undefined;
  readonly contentType: string | undefined;
  /** Milliseconds since 1970. */
  readonly wallNow: number;
}

/** Reads a response that is not an answer: by its status, and by what its body and codes say beyond it. Never throws. */
export function classifyStatus(input: StatusInput): Failure {
  const signals = readErrorSignals(input.body);
  // One family of providers names the error only in a header, as `Name:address`.
  const headerCode = input.headers('x-amzn-errortype')?.split(':', 1)[0]?.slice(0, 128).toLowerCase();
  const words = new ErrorWords(signals, headerCode === undefined ? signals.codes : [headerCode, ...signals.codes]);
  const kind = kindOf(input.status, words);
  return {
    kind,
    status: input.status,
    retryAfterMs: askedWait(kind, signals, input),
    message: describe(kind, input.status, words.codes),
    body: failureTraits[kind].isCallersOwn ? input.body : undefined,
    contentType: input.contentType,
  };
}

/** Reads an error that came inside an answer that had begun well, such as an error event of a stream. Never throws. */
export function classifyBody(body: Buffer | undefined): Failure {
  const signals = readErrorSignals(body);
  const kind = kindOf(signals.status, new ErrorWords(signals, signals.codes));
  return {
    kind,
    status: signals.status,
    retryAfterMs: askedWait(kind, signals, undefined),
    message: describe(kind, signals.status, signals.codes),
    body: failureTraits[kind].isCallersOwn ? body : undefined,
    contentType: body === undefined ? undefined : 'application/json',
  };
}

/** What the codes and words of an error stand for. */
class ErrorWords {
  readonly codes: readonly string[];
  /** Kinds that its codes stand for. */
  readonly kinds: ReadonlySet<FailureKind>;
  readonly #signals: ErrorSignals;

  constructor(signals: ErrorSignals, codes: readonly string[]) {
    this.#signals = signals;
    this.codes = codes;
    this.kinds = kindsOfCodes(codes);
  }

  get text(): string {
    return this.#signals.text;
  }

  /** It speaks of what the account may spend. */
  get speaksOfAccount(): boolean {
    return speaksOfAccount(this.#signals.ownText);
  }

  get isPage(): boolean {
    return this.#signals.isPage;
  }

  /** Whether its message says so. Its codes may say something else. */
  says(kind: Parameters<typeof saysKind>[1]): boolean {
    if (kind !== 'quota_exhausted' && kind !== 'credential_refused') return saysKind(this.#signals.text, kind);
    // These take the target out for everybody, so what the caller may have put into the message must not say them.
    return !this.#signals.namesField && saysKind(this.#signals.ownText, kind);
  }

  isOrSays(kind: Parameters<typeof saysKind>[1]): boolean {
    return this.kinds.has(kind) || this.says(kind);
  }
}

function kindOf(status: number, words: ErrorWords): FailureKind {
  if (status === 402) return kindOf402(words);
  if (status === 429) return kindOf429(words);
  if (status === 401) return words.isOrSays('quota_exhausted') ? 'quota_exhausted' : 'credential_refused';
  if (status === 403) return kindOf403(words);
  if (status === 404 || status === 405 || status === 410 || status === 501) return 'model_gone';
  // The proxy on the way out knows us no better than the provider.
  if (status === 407) return 'credential_refused';
  if (passing.has(status)) return words.isOrSays('context_exceeded') ? 'context_exceeded' : 'transient';
  if (status >= 400 && status < 500) return kindOfRefusal(status, words);
  if (status >= 500) return kindOfFault(status, words);
  if (status >= 300) return 'malformed';
  return kindOfWords(words);
}

/** Statuses of the request that say nothing against it: timeouts, conflicts, faults of a model, calls cancelled upstream. */
const passing: ReadonlySet<number> = new Set([408, 409, 423, 424, 425, 499]);

/** What a single request may cost, or all of those under way, is not the end of the money. */
function kindOf402({ kinds }: ErrorWords): FailureKind {
  if (kinds.has('context_exceeded')) return 'context_exceeded';
  return kinds.has('rate_limited') && !kinds.has('quota_exhausted') ? 'rate_limited' : 'quota_exhausted';
}

/** A limit of the rate passes by itself; a limit of the account does not. */
function kindOf429(words: ErrorWords): FailureKind {
  const { kinds, text } = words;
  if (isRateInDisguise(text)) return 'rate_limited';
  if (kinds.has('quota_exhausted')) return 'quota_exhausted';
  // Larger than the limit itself: waiting does not help here, another target may.
  if (text.includes('request too large for')) return 'context_exceeded';
  if (kinds.has('overloaded')) return 'overloaded';
  // Limits of the rate are often worded as quotas and point to the billing page, so the code wins over the words.
  if (kinds.has('rate_limited')) return text.includes('credits are depleted') ? 'quota_exhausted' : 'rate_limited';
  return words.says('quota_exhausted') ? 'quota_exhausted' : 'rate_limited';
}

function kindOf403(words: ErrorWords): FailureKind {
  if (words.kinds.has('quota_exhausted')) return 'quota_exhausted';
  // A filter before the provider may dislike one request; the key is not to blame, and others pass.
  if (words.isPage) return 'transient';
  if (words.isOrSays('context_exceeded')) return 'context_exceeded';
  if (words.isOrSays('content_refused')) return 'content_refused';
  if (words.says('quota_exhausted') || words.speaksOfAccount) return 'quota_exhausted';
  // A key that may not use one model may use others; the target stays in.
  return words.isOrSays('model_gone') ? 'model_gone' : 'credential_refused';
}

const refusals = ['context_exceeded', 'content_refused', 'credential_refused', 'model_gone'] as const;

/** 400, 413, 422 and the like: the request is at fault, if not what they are misused for. */
function kindOfRefusal(status: number, words: ErrorWords): FailureKind {
  const { kinds } = words;
  if (kinds.has('quota_exhausted')) return 'quota_exhausted';
  for (const kind of refusals) if (kinds.has(kind)) return kind;
  if (kinds.has('rate_limited')) return status === 413 ? 'context_exceeded' : 'rate_limited';
  if (kinds.has('overloaded')) return 'overloaded';
  if (words.says('quota_exhausted')) return 'quota_exhausted';
  for (const kind of refusals) if (words.says(kind)) return kind;
  // Of the statuses that one provider or another made up for itself.
  if (status === 498) return words.says('overloaded') ? 'overloaded' : 'content_refused';
  if (status === 421 || status === 451) return 'model_gone';
  // A request that was understood and refused is refused again, whatever the type beside it.
  if (status === 422) return 'caller_fault';
  return kinds.has('transient') && !kinds.has('caller_fault') ? 'transient' : 'caller_fault';
}

function kindOfFault(status: number, words: ErrorWords): FailureKind {
  const { kinds } = words;
  for (const kind of ['quota_exhausted', 'context_exceeded', 'content_refused', 'model_gone'] as const) {
    if (kinds.has(kind)) return kind;
  }
  if (status === 500 && words.says('context_exceeded')) return 'context_exceeded';
  return status === 503 || status === 529 || kinds.has('overloaded') ? 'overloaded' : 'transient';
}

/** No status: codes first, then words; who says nothing known has failed for reasons of its own. */
function kindOfWords(words: ErrorWords): FailureKind {
  const { kinds } = words;
  const specific = ['quota_exhausted', 'context_exceeded', 'content_refused', 'overloaded', 'rate_limited'] as const;
  for (const kind of specific) if (kinds.has(kind)) return kind;
  if (kinds.has('credential_refused')) return 'credential_refused';
  if (kinds.has('model_gone')) return 'model_gone';
  if (kinds.has('unfinished')) return 'unfinished';
  for (const kind of specific) if (words.says(kind)) return kind;
  return kinds.has('caller_fault') ? 'caller_fault' : 'transient';
}

/** The wait that the upstream asks for: in so many headers, in the body, in words, or by when its limits are reset. */
function askedWait(kind: FailureKind, signals: ErrorSignals, input: StatusInput | undefined): number | undefined {
  const wallNow = input?.wallNow ?? 0;
  const asked = input === undefined ? undefined : parseRetryAfter(input);
  if (asked !== undefined || signals.retryDelayMs !== undefined) return asked ?? signals.retryDelayMs;
  const handedOn = (name: string) => headerNamed(signals.headers, name);
  const handedOnWait = parseRetryAfter({ headers: handedOn, wallNow });
  if (handedOnWait !== undefined) return handedOnWait;
  if (kind !== 'rate_limited' && kind !== 'overloaded') return undefined;
  const inWords = waitInWords(signals.text);
  if (inWords !== undefined || kind !== 'rate_limited' || input === undefined) return inWords;
  // Resets are told with every answer, so they count only when the limit is what refused.
  return limitResetMs([...signals.headers, ...(input.rateLimits ?? [])], wallNow);
}

function headerNamed(headers: readonly string[], name: string): string | undefined {
  const index = headers.indexOf(name);
  return index % 2 === 0 ? headers[index + 1] : undefined;
}

/** The upstream's own words may quote the prompt or the key; its status and code say enough. */
function describe(kind: FailureKind, status: number, codes: readonly string[]): string {
  const code = codes.find((candidate) => candidate !== 'error' && /^[a-z][a-z_.-]{2,47}$/.test(candidate));
  const facts = [status > 0 ? `HTTP ${status}` : undefined, code].filter((fact) => fact !== undefined);
  return facts.length === 0 ? failureMessage(kind) : failureMessage(kind).replace(/\.$/, ` (${facts.join(', ')}).`);
}
