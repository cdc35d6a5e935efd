import type { LedgerEntry } from '../canonical/exchange.ts';
import type { BudgetMetrics } from './budget-metrics.ts';
import type { RecordFigures } from './record-metrics.ts';

/** Fields of one log record; never a key, a prompt or an answer. */
export type LogFields = Readonly<Record<string, unknown>>;

/** How much a log says, from nothing to everything. */
export type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug' | 'trace';

/** The way past the general record for a JSON line that its caller builds by hand, because it is written per request. */
export interface RawLines {
  /** Whether a record of `level` from `target` would be written. */
  accepts(level: Exclude<LogLevel, 'silent'>, target: string): boolean;
  /** ISO timestamp of now, with milliseconds and `Z`. */
  timestamp(): string;
  /** Masks secrets, and personal data if the log does so, in text that may be foreign. */
  redact(text: string): string;
  /** Takes one whole line of JSON in UTF-8, its line feed included; the bytes are the caller's again when it returns. */
  write(line: Uint8Array): void;
}

/** A leveled, structured log. `target` names the part that speaks, as in `server`, `health`, `config`. */
export interface Log {
  error(target: string, message: string, fields?: LogFields): void;
  warn(target: string, message: string, fields?: LogFields): void;
  info(target: string, message: string, fields?: LogFields): void;
  debug(target: string, message: string, fields?: LogFields): void;
  trace(target: string, message: string, fields?: LogFields): void;
  /** Writes out what is buffered, synchronously: called before the process ends. */
  flush(): void;
  /** Present only where lines are JSON. */
  readonly raw?: RawLines;
}

/** What the gateway counts and shows at /metrics. Observing is cheap: children are bound once per label set. */
export interface Metrics {
  /** Everything that one finished exchange says. */
  observe(entry: LedgerEntry): void;
  retry(provider: string): void;
  /** A second target was asked because the first was slow to speak. */
  hedge(provider: string): void;
  /** An attempt was outrun by the other of two, and cost so many nano-dollars for nothing. */
  hedgedCost(provider: string, nanoDollars: number): void;
  rateLimited(ruleId: string): void;
  readonly budgets: BudgetMetrics;
  /** Where the state of the record is read whenever metrics are shown. */
  tellRecord(read: () => RecordFigures): void;
  setQueueDepth(depth: number): void;
  inFlight(delta: 1 | -1): void;
  /** 0: closed or healthy; 1: open or out; 2: half-open, a trial is due or under way. */
  setTargetState(targetId: string, state: 0 | 1 | 2): void;
  /** One call of Redis; the outcome is a word of a closed list. */
  redisCall(outcome: string, durationMs: number): void;
  setRedisAnswering(isAnswering: boolean): void;
  /** Prometheus text of this process. */
  text(): Promise<string>;
  readonly contentType: string;
}
