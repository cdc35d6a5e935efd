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

/**
 * The level in a filter such as `info,http=warn`: the bare level, or else that of the gateway's own name. Levels of
 * single modules are left out, because log lines here have no modules. Undefined: none of these is given.
 */
export function parseLogFilter(text: string): LogLevel | undefined {
  const directives = text.split(',').map((directive) => directive.trim());
  const bare = directives.map(parseLogLevel).find((level) => level !== undefined);
  if (bare !== undefined) return bare;
  const own = directives.find((directive) => /^(llm[-_])?gateway(::\w+)*=/i.test(directive));
  return own === undefined ? undefined : parseLogLevel(own.slice(own.indexOf('=') + 1));
}
