import { openSync } from 'node:fs';
import { isatty } from 'node:tty';
import picocolors from 'picocolors';
import { pino } from 'pino';
import type { Clock } from '../canonical/clock.ts';
import { type LineWriter, openLineWriter } from './line-writer.ts';
import { logRecord, logText } from './log-record.ts';
import { createPrettyLine } from './pretty-line.ts';
import { createRedact } from './redact.ts';
import type { Log, LogFields, LogLevel, RawLines } from './telemetry.ts';
import { createTimestamp } from './timestamp.ts';

/** Where lines go: a standard stream, a file that is appended to, an open descriptor, or whatever takes lines. */
export type LogDestination =
  | 'stdout'
  | 'stderr'
  | { readonly path: string }
  | { readonly fd: number; readonly synchronous?: boolean; readonly maxBuffered?: number; readonly maxWrite?: number }
  | { write(line: string): void };

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: 'json' | 'pretty';
  readonly destination: LogDestination;
  /** Mask e-mail addresses, phone and card numbers too; secrets are masked always. */
  readonly redactPersonalData: boolean;
  readonly clock: Clock;
  /** Levels of single targets, as `{ health: 'debug' }`; a name also covers what is below it (`health::probe`). */
  readonly verbosity?: Readonly<Record<string, LogLevel>>;
  /** For the pretty format; when not given, the terminal and NO_COLOR decide. */
  readonly color?: boolean;
}

/** A log with an end: `close` writes out what is buffered and lets the destination go. */
export interface ClosableLog extends Log {
  close(): void;
  /** Lines lost because the destination was slow, full or gone. */
  readonly droppedLines: number;
}

type RecordLevel = Exclude<LogLevel, 'silent'>;

const severities: Readonly<Record<LogLevel, number>> = { silent: 0, error: 1, warn: 2, info: 3, debug: 4, trace: 5 };

/** Opens a log. Throws only when a file cannot be opened; a destination that fails later never disturbs its callers. */
export function createLog(options: LogOptions): ClosableLog {
  const redact = createRedact({ personalData: options.redactPersonalData });
  const timestamp = createTimestamp(options.clock);
  const threshold = createThreshold(options.level, options.verbosity ?? {});
  const writer = openDestination(options, (count) => format(droppedRecord(timestamp(), count)));
  const format = createFormat(options);

  const accepts = (level: RecordLevel, target: string) => severities[level] <= threshold(target);
  const logAt = (level: RecordLevel) => {
    const name = level.toUpperCase();
    return function writeRecord(target: string, message: string, fields: LogFields = {}) {
      if (!accepts(level, target)) return;
      const head = { timestamp: timestamp(), level: name, target, message: logText(message, redact) };
      writer.write(format(logRecord(head, fields, redact)));
    };
  };
  const raw: RawLines = { accepts, timestamp, redact, write: (line) => writer.write(line) };
  return {
    error: logAt('error'),
    warn: logAt('warn'),
    info: logAt('info'),
    debug: logAt('debug'),
    trace: logAt('trace'),
    flush: () => writer.flush(),
    close: () => writer.close(),
    get droppedLines() {
      return writer.droppedLines;
    },
    ...(options.format === 'json' ? { raw } : {}),
  };
}

function droppedRecord(timestamp: string, count: number): Record<string, unknown> {
  return { timestamp, level: 'WARN', target: 'log', message: 'Lines dropped', lines: count };
}

/** The record as a line. Pino writes the JSON; its own head is left out, so that the timestamp comes first. */
function createFormat(options: LogOptions): (record: Readonly<Record<string, unknown>>) => string {
  if (options.format === 'pretty') return createPrettyLine({ color: options.color ?? wantsColor(options.destination) });
  let line = '';
  let head = '';
  const json = pino(
    { base: null, timestamp: () => head, messageKey: 'message', formatters: { level: () => ({}) } },
    {
      write(text: string) {
        line = text;
      },
    },
  );
  return function formatJson(record) {
    head = `"timestamp":${JSON.stringify(record['timestamp'])}`;
    json.info({ ...record, timestamp: undefined });
    return line;
  };
}

function wantsColor(destination: LogDestination): boolean {
  const fd = descriptorOf(destination);
  return picocolors.isColorSupported && fd !== undefined && isatty(fd);
}

function descriptorOf(destination: LogDestination): number | undefined {
  if (destination === 'stdout') return 1;
  if (destination === 'stderr') return 2;
  return 'fd' in destination ? destination.fd : undefined;
}

function openDestination(options: LogOptions, describeDrops: (count: number) => string): LineWriter {
  const { destination, clock } = options;
  if (typeof destination === 'object' && 'write' in destination) {
    const write = (line: string | Uint8Array): void => {
      destination.write(typeof line === 'string' ? line : Buffer.from(line).toString());
    };
    return { write, flush() {}, close() {}, droppedLines: 0 };
  }
  if (typeof destination === 'object' && 'path' in destination) {
    return openLineWriter({ fd: openSync(destination.path, 'a', 0o640), ownsFd: true, clock, describeDrops });
  }
  const limits = typeof destination === 'object' ? destination : {};
  return openLineWriter({ ...limits, fd: descriptorOf(destination) ?? 1, clock, describeDrops });
}

/** What severity a target may reach. Targets are names from the source, so the memory of answers stays small. */
function createThreshold(level: LogLevel, verbosity: Readonly<Record<string, LogLevel>>): (target: string) => number {
  const general = severities[level];
  const prefixes = Object.keys(verbosity).sort((left, right) => right.length - left.length);
  if (prefixes.length === 0) return () => general;
  const known = new Map<string, number>();
  return function thresholdOf(target) {
    const answer = known.get(target);
    if (answer !== undefined) return answer;
    const prefix = prefixes.find((name) => target === name || target.startsWith(`${name}::`));
    const severity = prefix === undefined ? general : severities[verbosity[prefix] ?? level];
    if (known.size < 1000) known.set(target, severity);
    return severity;
  };
}
