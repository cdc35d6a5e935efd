import { type AttemptRecord, type ExchangeOutcome, type LedgerEntry, wasAsked } from '../canonical/exchange.ts';
import { formatMilliseconds } from '../canonical/milliseconds.ts';
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
/** What JSON strings hold without an escape; anything else goes through JSON.stringify. */
const plain = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
const kindName = /^[a-z0-9_]{1,64}$/;

/**
 * Writes the one line of an exchange: a warning when it failed, information otherwise. JSON is built by hand, because
 * this is written for every request. access-line.bench.ts, Node 20, 2 cores, per line to /dev/null:
 * pino with sonic-boom 3.4 µs, pino with the line writer 3.5 µs, by hand with sonic-boom 1.3 µs, by hand with the line
 * writer 1.4 µs (CPU time of all threads).
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

/**
 * One text of many parts, not an array that is joined: what the parts cost to find again when lines are written is less than
 * what the array does.
 */
function accessLine(raw: RawLines, entry: LedgerEntry, level: string): string {
  const { failure } = entry;
  return (
    `{"timestamp":"${raw.timestamp()}","level":"${level}","target":"${target}","message":"${messages[entry.outcome]}",` +
    `"request_id":${quoted(entry.id)}${member(',"provider":', entry.provider)}${member(',"model":', modelOf(raw, entry))},` +
    `"latency_ms":${formatMilliseconds(entry.durationMs)}${tokensMember(entry)},` +
    `"status":${entry.status},"operation":"${entry.operation}","stream":${entry.stream}` +
    `${member(',"target_id":', entry.targetId)},"attempts":${countAsked(entry.attempts)}` +
    `${member(',"recovered":', entry.recovered)}${entry.isShared ? ',"shared":true' : ''}` +
    `${member(',"shadow_of":', entry.shadowOf)}${member(',"failure":', failure && foreign(raw, failure))},` +
    `"principal":${quoted(entry.principal)},"queued_ms":${formatMilliseconds(entry.queuedMs)},` +
    `"overhead_ms":${formatMilliseconds(entry.overheadMs)}${firstByteMember(entry)}${trailMember(raw, entry)}}\n`
  );
}

function member(opening: string, text: string | undefined): string {
  return text === undefined ? '' : opening + quoted(text);
}

function tokensMember({ isEstimated, usage }: LedgerEntry): string {
  if (usage === undefined) return '';
  const estimated = isEstimated ? ',"estimated":true' : '';
  return `,"tokens":{"input":${count(usage.input)},"output":${count(usage.output)}${estimated}}`;
}

function firstByteMember({ firstByteMs }: LedgerEntry): string {
  return firstByteMs === undefined ? '' : `,"first_byte_ms":${formatMilliseconds(firstByteMs)}`;
}

function trailMember(raw: RawLines, { attempts }: LedgerEntry): string {
  const isTold = attempts.length > 1 || (attempts.length > 0 && raw.accepts('debug', target));
  return isTold ? `,"trail":${trail(raw, attempts)}` : '';
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

function quoted(text: string): string {
  return plain.test(text) ? `"${text}"` : JSON.stringify(text);
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
