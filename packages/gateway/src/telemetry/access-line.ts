import { ByteText } from '../canonical/byte-text.ts';
import { type AttemptRecord, type ExchangeOutcome, type LedgerEntry, wasAsked } from '../canonical/exchange.ts';
import { formatMilliseconds, writeMilliseconds } from '../canonical/milliseconds.ts';
import { nameNumber } from '../canonical/name-number.ts';
import type { Usage } from '../canonical/usage.ts';
import type { Log, LogFields, RawLines } from './telemetry.ts';

const target = 'server';
const messages: Readonly<Record<ExchangeOutcome, string>> = {
  completed: 'Request completed',
  failed: 'Request failed',
  client_closed: 'Client closed request',
  rejected: 'Request rejected',
};
const maxModelLength = 128;
const kindName = /^[a-z0-9_]{1,64}$/;

/**
 * Writes the one line of an exchange: a warning when it failed, information otherwise. JSON is put together byte by byte here,
 * because this is written for every request. access-line.bench.ts, Node 20, 2 cores, per line to /dev/null, CPU time of all
 * threads: pino with sonic-boom 3.7 µs, pino with the line writer 3.8 µs, as strings with the line writer 1.6 µs, so 1.1 µs.
 */
export function logExchange(log: Log, entry: LedgerEntry): void {
  const level = entry.outcome === 'failed' ? 'warn' : 'info';
  const { raw } = log;
  if (raw === undefined) {
    log[level](target, messages[entry.outcome], exchangeFields(entry));
    return;
  }
  if (raw.accepts(level, target)) raw.write(accessLine(raw, entry, level === 'warn' ? 'WARN' : 'INFO'));
}

/** The same facts as fields, for logs whose lines are not JSON and for tests that compare the two. */
export function exchangeFields(entry: LedgerEntry): LogFields {
  const model = entry.targetModel ?? entry.requestedModel?.slice(0, maxModelLength);
  return {
    request_id: entry.id,
    provider: entry.provider,
    model,
    latency_ms: rounded(entry.durationMs),
    tokens: entry.usage && tokensOf(entry.usage, entry.isEstimated),
    status: entry.status,
    operation: entry.operation,
    stream: entry.stream,
    target_id: entry.targetId,
    attempts: countAsked(entry.attempts),
    recovered: entry.recovered,
    shared: entry.isShared || undefined,
    shadow_of: entry.shadowOf,
    failure: entry.failure,
    principal: entry.principal,
    queued_ms: rounded(entry.queuedMs),
    overhead_ms: rounded(entry.overheadMs),
    first_byte_ms: entry.firstByteMs === undefined ? undefined : rounded(entry.firstByteMs),
    trail: entry.attempts.length > 1 ? entry.attempts.map(trailStep) : undefined,
  };
}

/** What alike exchanges have in common. */
interface LineKind
  extends Pick<
    LedgerEntry,
    'operation' | 'outcome' | 'provider' | 'recovered' | 'shadowOf' | 'status' | 'stream' | 'targetId' | 'targetModel'
  > {
  readonly asked: number;
  readonly isShared: boolean | undefined;
}

/** What stands in a line between what is each one's own. */
interface LineParts {
  readonly of: LineKind;
  readonly level: string;
  /** Up to the id. */
  readonly opening: Uint8Array;
  /** Up to the latency. */
  readonly names: Uint8Array;
  /** Up to the name of the key. */
  readonly facts: Uint8Array;
}

/** Places for parts; where two want the same one, the later has it. */
const PLACES = 256;
const knownParts: (LineParts | undefined)[] = new Array(PLACES).fill(undefined);
const line = new ByteText();
const literal = {
  beginning: Buffer.from('{"timestamp":"'),
  tokens: Buffer.from(',"tokens":{"input":'),
  output: Buffer.from(',"output":'),
  estimated: Buffer.from(',"estimated":true'),
  queued: Buffer.from(',"queued_ms":'),
  overhead: Buffer.from(',"overhead_ms":'),
  firstByte: Buffer.from(',"first_byte_ms":'),
  closing: Buffer.from('}'),
  ending: Buffer.from('}\n'),
};
/** For all literals, a timestamp and the numbers. */
const ROOM = 512;
/** Bytes of a character at most, which may become `\\u001f`. */
const MOST_OF_ONE = 6;

/** The line, which is valid until the next. */
function accessLine(raw: RawLines, entry: LedgerEntry, level: string): Uint8Array {
  const { id, principal } = entry;
  const { opening, names, facts } = partsOf(raw, entry, level);
  line.length = 0;
  line.reserve(ROOM + opening.length + names.length + facts.length + (id.length + principal.length) * MOST_OF_ONE);
  line.copy(literal.beginning);
  line.ascii(raw.timestamp());
  line.append(opening);
  writeText(id);
  line.append(names);
  writeMilliseconds(line, entry.durationMs);
  if (entry.usage !== undefined) writeTokens(entry.usage, entry.isEstimated);
  line.append(facts);
  writeText(principal);
  writeTimes(entry);
  if (isTrailTold(raw, entry)) line.append(Buffer.from(`,"trail":${trail(raw, entry.attempts)}`));
  line.append(literal.ending);
  return line.view();
}

/** The parts of a line like this one, from before or made now. What is the caller's own words is not kept. */
function partsOf(raw: RawLines, entry: LedgerEntry, level: string): LineParts {
  const place = placeOf(entry);
  const known = knownParts[place];
  if (known !== undefined && known.level === level && areAlike(known.of, entry)) return known;
  const parts = partsFrom(raw, entry, level);
  const { failure, targetModel } = entry;
  const isKept = failure === undefined && targetModel !== undefined && targetModel.length <= maxModelLength;
  if (isKept) knownParts[place] = parts;
  return parts;
}

function placeOf({ status, stream, targetId }: LedgerEntry): number {
  return ((nameNumber(targetId) * 31 + (status >>> 0)) * 2 + (stream ? 1 : 0)) % PLACES;
}

function areAlike(one: LineKind, other: LedgerEntry): boolean {
  return (
    one.targetId === other.targetId &&
    one.targetModel === other.targetModel &&
    one.provider === other.provider &&
    one.status === other.status &&
    one.outcome === other.outcome &&
    one.operation === other.operation &&
    one.stream === other.stream &&
    one.recovered === other.recovered &&
    one.isShared === other.isShared &&
    one.shadowOf === other.shadowOf &&
    other.failure === undefined &&
    one.asked === countAsked(other.attempts)
  );
}

function partsFrom(raw: RawLines, entry: LedgerEntry, level: string): LineParts {
  const kind = kindOf(entry);
  const { asked, isShared, operation, outcome, provider, recovered, shadowOf, status, stream, targetId } = kind;
  const { failure } = entry;
  const opening = `","level":"${level}","target":"${target}","message":"${messages[outcome]}","request_id":`;
  const names = `${member(',"provider":', provider)}${member(',"model":', modelOf(raw, entry))},"latency_ms":`;
  const facts =
    `,"status":${status},"operation":"${operation}","stream":${stream}` +
    `${member(',"target_id":', targetId)},"attempts":${asked}` +
    `${member(',"recovered":', recovered)}${isShared ? ',"shared":true' : ''}` +
    `${member(',"shadow_of":', shadowOf)}${member(',"failure":', failure && foreign(raw, failure))},"principal":`;
  return { of: kind, level, opening: Buffer.from(opening), names: Buffer.from(names), facts: Buffer.from(facts) };
}

/** Without the rest of its exchange, which may hold whatever its caller chose. */
function kindOf(entry: LedgerEntry): LineKind {
  const { isShared, operation, outcome, provider, recovered, shadowOf, status, stream, targetId, targetModel } = entry;
  const asked = countAsked(entry.attempts);
  return { asked, isShared, operation, outcome, provider, recovered, shadowOf, status, stream, targetId, targetModel };
}

function member(opening: string, text: string | undefined): string {
  return text === undefined ? '' : opening + JSON.stringify(text);
}

function writeText(text: string): void {
  if (!line.name(text)) line.append(Buffer.from(JSON.stringify(text)));
}

function writeTokens({ input, output }: Usage, isEstimated: boolean | undefined): void {
  line.copy(literal.tokens);
  writeCount(count(input));
  line.copy(literal.output);
  writeCount(count(output));
  if (isEstimated) line.copy(literal.estimated);
  line.copy(literal.closing);
}

function writeCount(tokens: number): void {
  if (Number.isSafeInteger(tokens) && tokens >= 0) line.digits(tokens);
  else line.ascii(`${tokens}`);
}

function writeTimes({ firstByteMs, overheadMs, queuedMs }: LedgerEntry): void {
  line.copy(literal.queued);
  writeMilliseconds(line, queuedMs);
  line.copy(literal.overhead);
  writeMilliseconds(line, overheadMs);
  if (firstByteMs === undefined) return;
  line.copy(literal.firstByte);
  writeMilliseconds(line, firstByteMs);
}

function isTrailTold(raw: RawLines, { attempts }: LedgerEntry): boolean {
  return attempts.length > 1 || (attempts.length > 0 && raw.accepts('debug', target));
}

/** The target's model comes from the configuration or was served; what the caller merely asked for may be any text. */
function modelOf(raw: RawLines, entry: LedgerEntry): string | undefined {
  if (entry.targetModel !== undefined) return entry.targetModel;
  if (entry.requestedModel === undefined) return undefined;
  return raw.redact(entry.requestedModel.slice(0, maxModelLength * 8)).slice(0, maxModelLength);
}

function countAsked(attempts: readonly AttemptRecord[]): number {
  let asked = 0;
  for (let index = 0; index < attempts.length; index++) if (wasAsked(attempts[index]!)) asked++;
  return asked;
}

function trail(raw: RawLines, attempts: readonly AttemptRecord[]): string {
  return JSON.stringify(attempts.map(trailStep).map((step) => ({ ...step, outcome: foreign(raw, step.outcome) })));
}

function trailStep(attempt: AttemptRecord) {
  return {
    target_id: attempt.targetId,
    provider: attempt.provider,
    model: attempt.upstreamModel,
    outcome: attempt.outcome,
    status: attempt.status,
    duration_ms: rounded(attempt.durationMs),
  };
}

/** Kinds of failure are names of ours; anything else may quote somebody. */
function foreign(raw: RawLines, text: string): string {
  return kindName.test(text) ? text : raw.redact(text);
}

/** The same number that the line holds. */
function rounded(milliseconds: number): number {
  return Number(formatMilliseconds(milliseconds));
}

function tokensOf({ input, output }: Usage, isEstimated: boolean | undefined): LogFields {
  return { input: count(input), output: count(output), ...(isEstimated && { estimated: true }) };
}

function count(tokens: number): number {
  return Number.isFinite(tokens) ? tokens : 0;
}
