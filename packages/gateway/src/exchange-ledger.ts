import type { Clock } from './canonical/clock.ts';
import type { LedgerEntry } from './canonical/exchange.ts';
import type { Exchange } from './exchange.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { LedgerRow, LedgerSubject } from './ledger/ledger-row.ts';
import { priced, rowOf } from './ledger/row-of.ts';
import type { PriceOf } from './price-of.ts';
import { chargedTier } from './pricing/charged-tier.ts';
import { roughUsage } from './rough-tokens.ts';
import type { PlanStep } from './routing/plan.ts';
import { sentRate } from './tier-of-attempt.ts';

export interface ExchangeLedgerInput {
  readonly ledger: Ledger;
  readonly priceOf: PriceOf;
  readonly clock: Clock;
}

/** Writes exchanges into the ledger: that they ask an upstream, and how they ended. */
export interface ExchangeLedger {
  /** Before the first upstream is asked. Throws `store_unavailable` where requests are to be refused then. */
  begin(exchange: Exchange, step: PlanStep): void;
  /** Gives what was written down: all who count what the exchange cost count the same. */
  end(entry: LedgerEntry, exchange: Exchange): LedgerRow;
}

export function createExchangeLedger({ ledger, priceOf, clock }: ExchangeLedgerInput): ExchangeLedger {
  return {
    begin(exchange, { routeTarget: { target }, upstreamModel }) {
      if (exchange.ledgerTicket !== 0) return;
      const { id: targetId, provider } = target;
      const subject = subjectOf(exchange);
      const startedAt = clock.wallNow();
      const expected = roughUsage(exchange);
      const use = priced({
        usage: expected,
        isEstimated: expected !== undefined,
        price: priceOf({ targetId, upstreamModel }, startedAt),
        serviceTier: chargedTier(undefined, exchange.facts.serviceTier, sentRate(exchange, target)),
      });
      exchange.ledgerSubject = subject;
      exchange.ledgerTicket = ledger.begin({
        subject,
        startedAt,
        targetId,
        provider,
        targetModel: upstreamModel,
        usage: use.usage,
        isEstimated: use.isEstimated,
        cost: use.cost,
        unknownCost: use.unknownCost,
        priceSource: use.priceSource,
        serviceTier: use.serviceTier,
      });
    },
    end(entry, exchange) {
      const row = rowOf({
        entry,
        subject: exchange.ledgerSubject ?? subjectOf(exchange),
        endedAt: clock.wallNow(),
        priceOf,
      });
      ledger.end(exchange.ledgerTicket, row);
      return row;
    },
  };
}

function subjectOf({ facts, id, modelLabel, operation, principal, requestedModel, shadowOf }: Exchange): LedgerSubject {
  return {
    requestId: id,
    operation,
    isStream: facts.stream,
    principal: principal.name,
    organisation: principal.organisation,
    tenant: principal.tenant,
    team: principal.team,
    keyId: principal.keyId,
    requestedModel,
    modelLabel,
    shadowOf,
  };
}
