import type { Clock } from './canonical/clock.ts';
import type { LedgerEntry } from './canonical/exchange.ts';
import type { Exchange } from './exchange.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { LedgerSubject } from './ledger/ledger-row.ts';
import { type LedgerPrice, priced, rowOf } from './ledger/row-of.ts';
import type { ModelCatalogue } from './pricing/model-catalogue.ts';
import { roughUsage } from './rough-tokens.ts';
import { createBoundedMap } from './routing/bounded-map.ts';
import type { Catalog } from './routing/catalog.ts';
import type { PlanStep } from './routing/plan.ts';

export interface ExchangeLedgerInput {
  readonly ledger: Ledger;
  readonly catalog: () => Catalog;
  readonly models: () => ModelCatalogue;
  readonly clock: Clock;
}

/** Writes exchanges into the ledger: that they ask an upstream, and how they ended. */
export interface ExchangeLedger {
  /** Before the first upstream is asked. Throws `store_unavailable` where requests are to be refused then. */
  begin(exchange: Exchange, step: PlanStep): void;
  end(entry: LedgerEntry, exchange: Exchange): void;
}

/** Milliseconds for which a price is remembered: some depend on the hour, and a reload may bring others. */
const FRESH_MS = 60_000;
/** Prices remembered; names of models may be a caller's. */
const MAX_PRICES = 1_000;

export function createExchangeLedger({ ledger, catalog, models, clock }: ExchangeLedgerInput): ExchangeLedger {
  const known = createBoundedMap<LedgerPrice & { readonly staleAt: number }>(MAX_PRICES);

  function priceOf(targetId: string, model: string | undefined): LedgerPrice {
    const kind = catalog().targets.get(targetId)?.kind;
    if (kind === undefined || model === undefined) return unpriced;
    const key = `${kind}\n${model}`;
    const found = known.get(key);
    if (found !== undefined && clock.now() < found.staleAt) return found;
    const facts = models().find({ provider: kind, model, requestedModel: undefined, at: clock.wallNow() });
    const price = { prices: facts?.prices, source: facts?.sources.prices, staleAt: clock.now() + FRESH_MS };
    known.set(key, price);
    return price;
  }

  return {
    begin(exchange, { routeTarget, upstreamModel }) {
      if (exchange.ledgerTicket !== 0) return;
      const { id: targetId, provider } = routeTarget.target;
      const subject = subjectOf(exchange);
      const use = priced(roughUsage(exchange), true, priceOf(targetId, upstreamModel));
      exchange.ledgerSubject = subject;
      exchange.ledgerTicket = ledger.begin({
        subject,
        startedAt: clock.wallNow(),
        targetId,
        provider,
        targetModel: upstreamModel,
        usage: use.usage,
        isEstimated: use.isEstimated,
        cost: use.cost,
        unknownCost: use.unknownCost,
        priceSource: use.priceSource,
      });
    },
    end(entry, exchange) {
      const row = rowOf({
        entry,
        subject: exchange.ledgerSubject ?? subjectOf(exchange),
        endedAt: clock.wallNow(),
        estimate: roughUsage(exchange),
        priceOf: ({ targetId, upstreamModel }) => priceOf(targetId, upstreamModel),
      });
      ledger.end(exchange.ledgerTicket, row);
    },
  };
}

const unpriced: LedgerPrice = { prices: undefined, source: undefined };

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
