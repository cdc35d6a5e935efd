import type { AuditTrail } from '../record/audit-trail.ts';
import { createRedact } from '../telemetry/redact.ts';
import type { ReloadResult } from './reloader.ts';

/** What the audit log is told of the process itself. */
export interface ProcessEvents {
  started(version: string): void;
  /** The configuration was read again. */
  reloaded(result: ReloadResult): void;
  stopped(): void;
}

/** Characters of a problem that are kept. */
const LONGEST_PROBLEM = 1_000;
const redact = createRedact({ personalData: false });

/** Undefined: there is no record to write into. */
export function createProcessEvents(trail: Pick<AuditTrail, 'append'> | undefined): ProcessEvents {
  const tell = (
    kind: string,
    outcome: 'success' | 'failure' = 'success',
    detail: Readonly<Record<string, unknown>> = {},
  ): void => trail?.append({ kind, actor: 'system', outcome, detail });
  return {
    started: (version) => tell('gateway.started', 'success', { version }),
    reloaded(result) {
      if ('changed' in result) tell('config.reloaded', 'success', { changed: result.changed });
      else tell('config.reloaded', 'failure', { problem: redact(result.problem).slice(0, LONGEST_PROBLEM) });
    },
    stopped: () => tell('gateway.stopped'),
  };
}
