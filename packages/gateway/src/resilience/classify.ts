import type { Buffer } from 'node:buffer';
import { type ErrorSignals, readErrorSignals } from './error-signals.ts';
import { kindsOfCodes, saysKind } from './error-vocabulary.ts';
import type { Failure, FailureKind } from './failure.ts';
import { failureMessage } from './failure-table.ts';
import { clampRetryAfter, parseRetryAfter } from './retry-after.ts';

export { parseRetryAfter } from './retry-after.ts';
export { classifyError } from './transport-error.ts';

export interface StatusInput {
  readonly status: number;
  /** A response header by lower-case name. */
  readonly headers: (name: string) => string | undefined;
  /** The body, or as much of it as was kept. */
  readonly body: Buffer | undefined;
  readonly contentType: string | undefined;
  /** Milliseconds since 1970. */
  readonly wallNow: number;
}

/** Kinds whose body tells the caller what to change. */
const bodyKinds: ReadonlySet<FailureKind> = new Set([
  'caller_fault',
  'content_refused',
  'context_exceeded',
  'model_gone',
]);

/** Reads a response that is not an answer: by its status, and by what its body and codes say beyond it. Never throws. */
export function classifyStatus(input: StatusInput): Failure {
  const signals = readErrorSignals(input.body);
  // One family of providers names the error only in a header, as `Name:address`.
  const headerCode = input.headers('x-amzn-errortype')?.split(':', 1)[0]?.slice(0, 128).toLowerCase();
  const codes = headerCode === undefined ? signals.codes : [headerCode, ...signals.codes];
  const kind = kindOf(input.status, { ...pick(signals), codes });
  return {
    kind,
    status: input.status,
    retryAfterMs: parseRetryAfter(input) ?? clampRetryAfter(signals.retryDelayMs),
    message: describe(kind, input.status, codes),
    body: bodyKinds.has(kind) ? input.body : undefined,
    contentType: input.contentType,
  };
}

/** Reads an error that came inside an answer that had begun well, such as an error event of a stream. Never throws. */
export function classifyBody(body: Buffer | undefined): Failure {
  const signals = readErrorSignals(body);
  const kind = kindOf(signals.status, signals);
  return {
    kind,
    status: signals.status,
    retryAfterMs: clampRetryAfter(signals.retryDelayMs),
    message: describe(kind, signals.status, signals.codes),
    body: bodyKinds.has(kind) ? body : undefined,
    contentType: body === undefined ? undefined : 'application/json',
  };
}

type Words = Pick<ErrorSignals, 'codes' | 'text'>;

function pick(signals: ErrorSignals): Words {
  return { codes: signals.codes, text: signals.text };
}

function kindOf(status: number, words: Words): FailureKind {
  if (status === 402) return 'quota_exhausted';
  if (status === 429) return kindOf429(words);
  if (status === 401) return isQuota(words) ? 'quota_exhausted' : 'credential_refused';
  if (status === 403) return kindOf403(words);
  if (status === 404 || status === 405 || status === 410 || status === 501) return 'model_gone';
  if (status === 408 || status === 409 || status === 424 || status === 425) return 'transient';
  if (status >= 400 && status < 500) return kindOfRefusal(status, words);
  if (status >= 500) return kindOfFault(status, words);
  if (status >= 300) return 'malformed';
  return kindOfWords(words);
}

/** A limit of the rate passes by itself; a limit of the account does not. */
function kindOf429(words: Words): FailureKind {
  const kinds = kindsOfCodes(words.codes);
  if (kinds.has('quota_exhausted')) return 'quota_exhausted';
  // Larger than the limit itself: waiting does not help here, another target may.
  if (words.text.includes('request too large for')) return 'context_exceeded';
  // Limits of the rate are often worded as quotas and point to the billing page, so the code wins over the words.
  if (kinds.has('rate_limited'))
    return words.text.includes('credits are depleted') ? 'quota_exhausted' : 'rate_limited';
  if (saysKind(words.text, 'quota_exhausted')) return 'quota_exhausted';
  return kinds.has('overloaded') ? 'overloaded' : 'rate_limited';
}

function kindOf403(words: Words): FailureKind {
  const { text } = words;
  if (isQuota(words) || /billing|quota|balance|arrears|overdue|payment/.test(text)) return 'quota_exhausted';
  if (speaks(words, 'content_refused')) return 'content_refused';
  // A key that may not use one model may use others; the target stays in.
  return speaks(words, 'model_gone') ? 'model_gone' : 'credential_refused';
}

/** 400, 413, 422 and the like: the request is at fault, if not what they are misused for. */
function kindOfRefusal(status: number, words: Words): FailureKind {
  if (isQuota(words)) return 'quota_exhausted';
  const kinds = kindsOfCodes(words.codes);
  for (const kind of ['context_exceeded', 'content_refused', 'credential_refused', 'model_gone'] as const) {
    if (kinds.has(kind)) return kind;
  }
  if (kinds.has('rate_limited')) return status === 413 ? 'context_exceeded' : 'rate_limited';
  for (const kind of ['context_exceeded', 'content_refused', 'credential_refused', 'model_gone'] as const) {
    if (saysKind(words.text, kind)) return kind;
  }
  return 'caller_fault';
}

function kindOfFault(status: number, words: Words): FailureKind {
  const kinds = kindsOfCodes(words.codes);
  for (const kind of ['quota_exhausted', 'context_exceeded', 'content_refused'] as const) {
    if (kinds.has(kind)) return kind;
  }
  if (status === 503 || status === 529 || kinds.has('overloaded')) return 'overloaded';
  return status === 500 && saysKind(words.text, 'context_exceeded') ? 'context_exceeded' : 'transient';
}

/** No status: codes first, then words; who says nothing known has failed for reasons of its own. */
function kindOfWords(words: Words): FailureKind {
  const specific = ['quota_exhausted', 'context_exceeded', 'content_refused', 'overloaded', 'rate_limited'] as const;
  const kinds = kindsOfCodes(words.codes);
  for (const kind of specific) if (kinds.has(kind)) return kind;
  if (kinds.has('credential_refused')) return 'credential_refused';
  if (kinds.has('model_gone')) return 'model_gone';
  for (const kind of specific) if (saysKind(words.text, kind)) return kind;
  return kinds.has('caller_fault') ? 'caller_fault' : 'transient';
}

function isQuota(words: Words): boolean {
  return speaks(words, 'quota_exhausted');
}

function speaks(words: Words, kind: 'quota_exhausted' | 'content_refused' | 'model_gone'): boolean {
  return kindsOfCodes(words.codes).has(kind) || saysKind(words.text, kind);
}

/** The upstream's own words may quote the prompt or the key; its status and code say enough. */
function describe(kind: FailureKind, status: number, codes: readonly string[]): string {
  const code = codes.find((candidate) => candidate !== 'error' && /^[a-z][a-z_.-]{2,47}$/.test(candidate));
  const facts = [status > 0 ? `HTTP ${status}` : undefined, code].filter((fact) => fact !== undefined);
  return facts.length === 0 ? failureMessage(kind) : failureMessage(kind).replace(/\.$/, ` (${facts.join(', ')}).`);
}
