import type { Clock } from '../canonical/clock.ts';
import type { AuditConfig } from '../config/gateway-config.ts';
import type { AuditStore } from '../stores/audit-store.ts';
import type { Log } from '../telemetry/telemetry.ts';
import { startRounds } from './start-rounds.ts';

export interface AuditRetentionInput {
  readonly store: Pick<AuditStore, 'prune' | 'pruneBodies'>;
  readonly config: Pick<AuditConfig, 'retentionMs' | 'bodyRetentionMs'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Deletes from the audit log what is older than it is to be kept, now and then. Returns what ends it. */
export function startAuditRetention({ clock, config, log, store }: AuditRetentionInput): () => void {
  return startRounds({
    clock,
    async round() {
      const now = clock.wallNow();
      await store.pruneBodies(now - config.bodyRetentionMs);
      if (config.retentionMs !== undefined) await store.prune(now - config.retentionMs);
    },
    onFailed: (error) => log.warn('audit', `Old events of the audit log were not deleted: ${String(error)}`),
  });
}
