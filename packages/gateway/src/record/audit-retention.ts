import type { Clock } from '../canonical/clock.ts';
import type { AuditConfig } from '../config/gateway-config.ts';
import type { AuditStore } from '../stores/audit-store.ts';
import type { Log } from '../telemetry/telemetry.ts';

export interface AuditRetentionInput {
  readonly store: Pick<AuditStore, 'prune' | 'pruneBodies'>;
  readonly config: Pick<AuditConfig, 'retentionMs' | 'bodyRetentionMs'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Milliseconds between two rounds of deleting, and until the first. */
const ROUND_MS = 3_600_000;
const FIRST_ROUND_MS = 60_000;

/** Deletes from the audit log what is older than it is to be kept, now and then. Returns what ends it. */
export function startAuditRetention({ clock, config, log, store }: AuditRetentionInput): () => void {
  let isOver = false;
  let cancel = (): void => {};
  const round = async (): Promise<void> => {
    const now = clock.wallNow();
    await store.pruneBodies(now - config.bodyRetentionMs);
    if (config.retentionMs !== undefined) await store.prune(now - config.retentionMs);
  };
  const roundAfter = (delayMs: number): void => {
    cancel = clock.schedule(() => {
      round()
        .catch((error: unknown) => log.warn('audit', `Old events of the audit log were not deleted: ${String(error)}`))
        .finally(() => {
          if (!isOver) roundAfter(ROUND_MS);
        });
    }, delayMs);
  };
  roundAfter(FIRST_ROUND_MS);
  return () => {
    isOver = true;
    cancel();
  };
}
