import type { TelemetryConfig } from './gateway-config.ts';

export type LogLevel = TelemetryConfig['logging']['level'];

const LEVELS: Readonly<Record<string, LogLevel>> = {
  trace: 'trace',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
  silent: 'silent',
  off: 'silent',
};

/** A level by name, in any case; undefined when it is none. */
export function parseLogLevel(text: string): LogLevel | undefined {
  const name = text.trim().toLowerCase();
  return Object.hasOwn(LEVELS, name) ? LEVELS[name] : undefined;
}

/** A level for all, and levels of single log targets. */
export interface LogFilter {
  /** Undefined: not given. */
  readonly level: LogLevel | undefined;
  readonly levels: Readonly<Record<string, LogLevel>>;
}

/**
 * A filter such as `info,health=debug`: the bare level or else that of the gateway's own name is for all, a level after
 * a log target's name (with or without the gateway's before it) for that target. Undefined: no level is in it.
 */
export function parseLogFilter(text: string): LogFilter | undefined {
  const levels = new Map<string, LogLevel>();
  let bare: LogLevel | undefined;
  let own: LogLevel | undefined;
  for (const directive of text.split(',')) {
    const mark = directive.indexOf('=');
    const level = parseLogLevel(directive.slice(mark + 1));
    if (level === undefined) continue;
    const target = mark === -1 ? '' : directive.slice(0, mark).trim().toLowerCase().replace(OWN_NAME, '');
    if (mark === -1) bare ??= level;
    else if (target === '') own ??= level;
    else levels.set(target, level);
  }
  const level = bare ?? own;
  return level === undefined && levels.size === 0 ? undefined : { level, levels: Object.fromEntries(levels) };
}

const OWN_NAME = /^(?:llm[-_])?gateway(?:::|$)/;
