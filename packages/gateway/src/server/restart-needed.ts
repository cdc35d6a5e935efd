import { isDeepStrictEqual } from 'node:util';
import type { GatewayConfig } from '../config/gateway-config.ts';

/** What is opened once, at the start, by the names of its keys in a file. */
const fixed: readonly (readonly [keys: string, read: (config: GatewayConfig) => unknown])[] = [
  ['server.host', ({ server }) => server.host],
  ['server.port', ({ server }) => server.port],
  ['server.metrics_port', ({ server }) => server.metricsPort],
  ['server.max_connections', ({ server }) => server.maxConnections],
  ['database', ({ database }) => database],
  ['redis', ({ redis }) => redis],
  ['secrets.encryption_key', ({ secrets }) => [secrets?.encryptionKey, secrets?.previousEncryptionKeys]],
  ['budgets.webhooks', ({ budgets }) => [budgets?.webhooks, budgets?.webhookTimeoutMs, budgets?.webhookAllowedHosts]],
  ['audit.retention_days', ({ audit }) => [audit?.retentionMs, audit?.bodyRetentionMs]],
  ['telemetry.logging', ({ telemetry }) => telemetry.logging],
];

/** Keys in which a configuration differs from that of the start, though only a restart brings them into force. */
export function restartNeeded(atStart: GatewayConfig, next: GatewayConfig): readonly string[] {
  return fixed.filter(([, read]) => !isDeepStrictEqual(read(atStart), read(next))).map(([keys]) => keys);
}
