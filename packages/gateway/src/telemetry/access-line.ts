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
 * pino with sonic-boom 3.2 µs, pino with the line writer 3.0 µs, by hand with sonic-boom 1.3 µs, by hand with the line
 * writer 1.6 µs (CPU time of all threads).
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

function accessLine(raw: RawLines, entry: LedgerEntry, level: string): string {
  const { usage } = entry;
  // Joined at once: a text that grows by `+=` is a tree, which has to be walked again when it is written.
  const parts = [
    `{"timestamp":"`,
    raw.timestamp(),
    `","level":"`,
    level,
    `","target":"${target}","message":"`,
    messages[entry.outcome],
    `","request_id":`,
    quoted(entry.id),
  ];
  if (entry.provider !== undefined) parts.push(`,"provider":`, quoted(entry.provider));
  const model = modelOf(raw, entry);
  if (model !== undefined) parts.push(`,"model":`, quoted(model));
  parts.push(`,"latency_ms":`, formatMilliseconds(entry.durationMs));
  if (usage !== undefined) {
    parts.push(`,"tokens":{"input":${count(usage.input)},"output":${count(usage.output)}`);
    parts.push(entry.isEstimated ? ',"estimated":true}' : '}');
  }
  parts.push(
    `,"status":${entry.status},"operation":"`,
    entry.operation,
    `","stream":`,
    entry.stream ? 'true' : 'false',
  );
  if (entry.targetId !== undefined) parts.push(`,"target_id":`, quoted(entry.targetId));
  parts.push(`,"attempts":${countAsked(entry.attempts)}`);
  if (entry.recovered !== undefined) parts.push(`,"recovered":"${entry.recovered}"`);
  if (entry.isShared) parts.push(`,"shared":true`);
  if (entry.shadowOf !== undefined) parts.push(`,"shadow_of":`, quoted(entry.shadowOf));
  if (entry.failure !== undefined) parts.push(`,"failure":`, quoted(foreign(raw, entry.failure)));
  parts.push(`,"principal":`, quoted(entry.principal), `,"queued_ms":`, formatMilliseconds(entry.queuedMs));
  parts.push(`,"overhead_ms":`, formatMilliseconds(entry.overheadMs));
  if (entry.firstByteMs !== undefined) parts.push(`,"first_byte_ms":`, formatMilliseconds(entry.firstByteMs));
  if (entry.attempts.length > 1 || (entry.attempts.length > 0 && raw.accepts('debug', target))) {
    parts.push(`,"trail":`, trail(raw, entry.attempts));
  }
  parts.push('}\n');
  return parts.join('');
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
