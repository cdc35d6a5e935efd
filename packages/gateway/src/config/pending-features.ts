import type { ConfigPath } from './config-path.ts';
import type { Findings } from './findings.ts';
import type { Environment } from './interpolate.ts';
import type { FileConfig } from './schema.ts';

interface PendingFeature {
  readonly path: ConfigPath;
  readonly message: string;
  readonly isUsed: (file: FileConfig) => boolean;
}

/** Sections that are read and checked, but have no effect in this version. */
const pendingSections: readonly PendingFeature[] = [
  {
    path: ['cache'],
    message: 'The cache is accepted, but not built yet: every request goes to a provider.',
    isUsed: ({ cache }) => cache?.enabled === true,
  },
  {
    path: ['cache', 'semantic_cache'],
    message: 'The semantic cache is accepted, but not built yet.',
    isUsed: ({ cache }) => cache?.enabled === true && cache.semantic_cache?.enabled === true,
  },
  {
    path: ['telemetry', 'tracing'],
    message: 'Tracing is accepted, but not built yet: no traces are sent.',
    isUsed: ({ telemetry }) => telemetry.tracing?.enabled === true,
  },
  {
    path: ['plugins'],
    message: 'The section plugins is accepted, but not built yet.',
    isUsed: ({ plugins }) => plugins !== undefined,
  },
];

const pendingVariables: Readonly<Record<string, string>> = {
  OTEL_EXPORTER_OTLP_ENDPOINT: 'no traces are sent yet',
  OTEL_EXPORTER_JAEGER_ENDPOINT: 'no traces are sent yet',
};

/** Names everything configured that this version does not do, one notice each. */
export function notePendingFeatures(file: FileConfig, env: Environment, findings: Findings): void {
  for (const { path, message, isUsed } of pendingSections) {
    if (isUsed(file)) findings.pend(message, path);
  }
  for (const [name, consequence] of Object.entries(pendingVariables)) {
    if (env[name]?.trim()) findings.pend(`The variable ${name} is accepted, but ${consequence}.`);
  }
  const tracing = file.telemetry.tracing;
  if (tracing?.enabled && tracing.jaeger_endpoint !== undefined && tracing.otlp_endpoint === undefined) {
    const path = ['telemetry', 'tracing', 'jaeger_endpoint'];
    findings.warn('Jaeger now takes traces over OTLP: write otlp_endpoint, usually the same host at port 4318.', path);
  }
  if (/my-secret-admin-key|change[-_]?me/i.test(env['ADMIN_KEY'] ?? '')) {
    findings.warn('ADMIN_KEY has the value of a sample, which everybody knows. Choose your own.');
  }
}
