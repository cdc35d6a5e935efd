import { GatewayError } from '../../canonical/gateway-error.ts';
import type { Exchange } from '../../exchange.ts';
import type { GatewayRecord } from '../../record/gateway-record.ts';
import { maskSecrets } from '../../telemetry/secrets.ts';
import type { AdminCaller } from './admin-caller.ts';

export interface Refusal {
  readonly exchange: Pick<Exchange, 'id' | 'method' | 'clientAddress'>;
  readonly path: string;
  readonly error: unknown;
  /** Undefined: nobody who may administer anything. */
  readonly caller?: AdminCaller | undefined;
}

/** Writes down that somebody who wanted to administer was not let in, without what was sent. */
export function noteRefusal(
  record: Pick<GatewayRecord, 'audit'> | undefined,
  { caller, error, exchange: { clientAddress, id, method }, path }: Refusal,
): void {
  // Where nothing is open, nobody knocks at it.
  if (!(error instanceof GatewayError) || error.kind === 'not_found') return;
  record?.audit.note({
    kind: 'admin.denied',
    actor: caller?.actor ?? 'anonymous',
    outcome: 'denied',
    tenantId: caller?.tenantId ?? null,
    requestId: id,
    address: clientAddress,
    // Some put a key itself where its id belongs.
    detail: { method, path: maskSecrets(path).slice(0, 256), reason: error.code },
  });
}
