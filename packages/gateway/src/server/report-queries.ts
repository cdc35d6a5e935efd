import { GatewayError } from '../canonical/gateway-error.ts';
import type { ExportAsk } from '../stores/sql/ledger-export.ts';
import type { LatencyQuery, UsageQuery } from '../stores/sql/ledger-reports.ts';
import { usageGroupings } from '../stores/sql/ledger-usage-report.ts';

/** Reads what a report of latencies is asked about. Throws GatewayError. */
export function readLatencyQuery(query: URLSearchParams): LatencyQuery {
  refuseUnknown(query, ['window', 'provider', 'model', 'limit', 'percentiles']);
  const limit = textOf(query, 'limit');
  if (limit !== undefined && !(/^\d{1,4}$/.test(limit) && Number(limit) <= MAX_RECENT)) {
    throw invalid('limit', `must be a whole number from 0 to ${MAX_RECENT}`);
  }
  return {
    window: textOf(query, 'window') ?? '1h',
    provider: textOf(query, 'provider'),
    model: textOf(query, 'model'),
    limit: limit === undefined ? undefined : Number(limit),
    percentiles: percentilesOf(query),
  };
}

/** Reads what a report of costs or tokens is asked about; `details` names the parameter that asks for more. */
export function readUsageQuery(query: URLSearchParams, details: 'breakdown' | 'detailed'): UsageQuery {
  refuseUnknown(query, ['window', 'group_by', 'breakdown', 'detailed', ...filters]);
  return {
    window: textOf(query, 'window') ?? '24h',
    groupBy: choiceOf(query, 'group_by', usageGroupings),
    ...filterOf(query),
    breakdown: flagOf(query, details),
  };
}

/** Reads which requests are to be exported; without times, those of the last day before `now`. */
export function readExportQuery(query: URLSearchParams, now: number): ExportAsk {
  refuseUnknown(query, ['from', 'to', 'format', ...filters]);
  const to = timeOf(query, 'to') ?? now;
  const from = timeOf(query, 'from') ?? to - DAY_MS;
  if (from >= to) throw invalid('from', 'must be earlier than `to`');
  return { from, to, format: choiceOf(query, 'format', ['csv', 'json', 'jsonl']) ?? 'csv', filter: filterOf(query) };
}

const filters = ['provider', 'model', 'tenant'] as const;
const DAY_MS = 86_400_000;
const MAX_RECENT = 1_000;
const MAX_PERCENTILES = 20;
const LONGEST_NAME = 256;

/** What narrows nothing down because nobody reads it would make sums of everything pass for those of one tenant. */
function refuseUnknown(query: URLSearchParams, known: readonly string[]): void {
  const met = new Set<string>();
  for (const name of query.keys()) {
    if (!known.includes(name)) throw invalid(name.slice(0, 100), `is not known here; there are ${known.join(', ')}`);
    if (met.has(name)) throw invalid(name, 'must be given once');
    met.add(name);
  }
}

function filterOf(query: URLSearchParams): Pick<UsageQuery, (typeof filters)[number]> {
  return {
    provider: textOf(query, 'provider'),
    model: textOf(query, 'model'),
    tenant: textOf(query, 'tenant'),
  };
}

/** Undefined where it is missing or empty. A database would refuse some control characters with a fault. */
function textOf(query: URLSearchParams, name: string): string | undefined {
  const text = query.get(name)?.trim() || undefined;
  if (text !== undefined && (text.length > LONGEST_NAME || /\p{Cc}/u.test(text))) {
    throw invalid(name, `must have ${LONGEST_NAME} characters at most, none of them a control character`);
  }
  return text;
}

function choiceOf<Choice extends string>(
  query: URLSearchParams,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const text = textOf(query, name);
  if (text === undefined) return undefined;
  const choice = choices.find((one) => one === text);
  if (choice === undefined) throw invalid(name, `must be one of ${choices.join(', ')}`);
  return choice;
}

/** A parameter without a value counts as set. */
function flagOf(query: URLSearchParams, name: string): boolean {
  const text = query.get(name);
  if (text === null || text === 'false' || text === '0') return false;
  if (text === '' || text === 'true' || text === '1') return true;
  throw invalid(name, 'must be true or false');
}

function percentilesOf(query: URLSearchParams): readonly number[] | undefined {
  const text = textOf(query, 'percentiles');
  if (text === undefined) return undefined;
  const parts = text.split(',').map((part) => part.trim());
  const numbers = parts.map((part) => (/^\d{1,3}(\.\d{1,3})?$/.test(part) ? Number(part) : Number.NaN));
  if (parts.length > MAX_PERCENTILES || !numbers.every((number) => number > 0 && number <= 100)) {
    throw invalid('percentiles', `must be ${MAX_PERCENTILES} numbers at most, each above 0 and up to 100: 50,95,99.9`);
  }
  return numbers;
}

/** Milliseconds since 1970. Days that no calendar has are refused instead of counted on into the next month. */
function timeOf(query: URLSearchParams, name: string): number | undefined {
  const text = textOf(query, name);
  if (text === undefined) return undefined;
  const isTime = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z)?$/.test(text);
  const time = isTime ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time) && new Date(time).toISOString().startsWith(text.slice(0, 10))) return time;
  throw invalid(name, 'must be a day or a time in UTC, such as 2026-01-31 or 2026-01-31T12:00:00Z');
}

function invalid(name: string, problem: string): GatewayError {
  return new GatewayError('invalid_request', `\`${name}\` ${problem}.`, { param: name });
}
