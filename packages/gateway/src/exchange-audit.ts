import type { LedgerEntry, RequestView } from './canonical/exchange.ts';
import type { ErrorKind, GatewayError } from './canonical/gateway-error.ts';
import type { Exchange } from './exchange.ts';
import { keptBody } from './kept-body.ts';
import { addressGroup } from './policies/address-set.ts';
import type { LimitRefusal } from './policies/key-limits.ts';
import type { AuditTrail } from './record/audit-trail.ts';
import type { AuditEntry } from './stores/audit-store.ts';

export interface ExchangeAuditInput {
  readonly trail: Pick<AuditTrail, 'append' | 'note'>;
  /** Of one body. */
  readonly maxBodyBytes: () => number;
}

/** Writes into the audit log what callers did: whom it did not let in, which limits were reached, what tenants asked. */
export interface ExchangeAudit {
  /** A request was refused. What is no question of rights or money is not written down. */
  refused(error: GatewayError, request: RequestView): void;
  limitReached(request: RequestView, refusal: LimitRefusal): void;
  /** An exchange is over: keeps what it asked, where its caller's owner wants that. */
  ended(entry: LedgerEntry, exchange: Exchange): void;
}

/** Refusals that are questions of rights, or of money. */
const refusals: Readonly<
  Partial<Record<ErrorKind, 'auth.failed' | 'access.denied' | 'budget.exceeded' | 'price.unknown'>>
> = {
  unauthenticated: 'auth.failed',
  invalid_signature: 'auth.failed',
  forbidden: 'access.denied',
  loopback_only: 'access.denied',
  misdirected_host: 'access.denied',
  path_denied: 'access.denied',
  budget_exceeded: 'budget.exceeded',
  price_unknown: 'price.unknown',
};

export function createExchangeAudit({ maxBodyBytes, trail }: ExchangeAuditInput): ExchangeAudit {
  return {
    refused({ code, kind, param }, request) {
      const event = refusals[kind];
      if (event === undefined) return;
      const detail = { reason: code, operation: request.operation, ...(param !== undefined && { param }) };
      trail.note({ ...whoAsked(request), kind: event, outcome: 'denied', detail });
    },
    limitReached(request, { limit, name }) {
      const scope = name.slice(0, name.indexOf('.'));
      const subject = request.principal.limits?.find((own) => own.scope === scope)?.id;
      const who = { ...whoAsked(request), address: null, ...(subject !== undefined && { subject }) };
      trail.note({ ...who, kind: 'limit.reached', outcome: 'denied', detail: { limit: name, most: limit } });
    },
    ended(entry, exchange) {
      if (exchange.principal.keepsBodies !== true || exchange.body === undefined || entry.shadowOf !== undefined)
        return;
      const { bytes, isCut, text } = keptBody(exchange.body, maxBodyBytes());
      trail.append({
        ...whoAsked(exchange),
        kind: 'request.body',
        outcome: entry.outcome === 'completed' ? 'success' : 'failure',
        body: text,
        detail: { operation: entry.operation, model: entry.modelLabel, status: entry.status, bytes, cut: isCut },
      });
    },
  };
}

type Who = Required<Pick<AuditEntry, 'actor' | 'tenantId' | 'requestId' | 'address'>>;

/** Addresses of one network are one: whoever has many would have as many lines. */
function whoAsked({ clientAddress, id, principal }: RequestView): Who {
  const actor = principal.kind === 'key' ? (principal.keyId ?? principal.name) : 'anonymous';
  return { actor, tenantId: principal.tenant ?? null, requestId: id, address: addressGroup(clientAddress) };
}
