import type { Clock } from './canonical/clock.ts';
import type { Principal } from './canonical/exchange.ts';
import { tokensOfAll } from './canonical/usage.ts';
import type { Exchange } from './exchange.ts';
import { largestCost } from './largest-cost.ts';
import type { LedgerRow } from './ledger/ledger-row.ts';
import { useOf } from './ledger/row-of.ts';
import { type BudgetCost, type BudgetHold, type BudgetPolicy, type BudgetsOf, claimsOn } from './policies/budget.ts';
import { mayUseModel } from './policies/key-scopes.ts';
import type { TokenBudgets } from './policies/token-budget.ts';
import type { PriceOf } from './price-of.ts';
import { chargedTier } from './pricing/charged-tier.ts';
import { isFree } from './pricing/cost-of.ts';
import type { ModelPrices } from './pricing/model-facts.ts';
import { estimatedTokens, estimatedUsage } from './request-facts.ts';
import { isNeverTold } from './rough-tokens.ts';
import type { Catalog } from './routing/catalog.ts';
import { chatEndpointOf } from './routing/chat-endpoint.ts';
import type { FallbackKind } from './routing/model-fallbacks.ts';
import { modelNamesOf } from './routing/model-names.ts';
import type { PlanStep } from './routing/plan.ts';
import type { Resolution, Target } from './routing/target.ts';
import { upstreamModelOf } from './routing/upstream-model.ts';
import { routingFactsOf } from './routing-facts.ts';
import { holdSecond, type SecondHold } from './second-hold.ts';
import type { SpendClaim } from './stores/spend-store.ts';
import { sentRate } from './tier-of-attempt.ts';
import { waitForBoth } from './wait-for-both.ts';

/**
 * Sets aside what exchanges may cost. All throw what the policies of budgets refuse with, and then nothing stays set
 * aside; a promise only when it waits.
 */
export interface ExchangeBudget {
  /** For a request that may go to any target of its route, and of the models that it falls back on. */
  reserve(exchange: Exchange, resolution: Resolution): void | Promise<void>;
  /** For a copy that goes to one target. */
  reserveAt(exchange: Exchange, copy: CopyStep): void | Promise<void>;
  /** As much once more as it has set aside, for an attempt beside the one that runs; undefined where that is nothing. */
  reserveSecond(exchange: Exchange): Promise<SecondHold> | undefined;
  /** What its last attempt used, so that the whole of what was set aside is there for another one. */
  reserveUsed(exchange: Exchange): Promise<SecondHold> | undefined;
  /** Whether there was room for the last request of the same caller, as far as it had to be waited for. */
  isPassing(exchange: Exchange): boolean;
}

/** Where a copy goes, and what it is one of. */
export type CopyStep = Pick<PlanStep, 'resolution' | 'routeTarget' | 'upstreamModel'>;

export interface ExchangeBudgetInput {
  readonly policy: BudgetPolicy;
  readonly tokens: TokenBudgets;
  readonly budgetsOf: BudgetsOf;
  readonly priceOf: PriceOf;
  readonly clock: Pick<Clock, 'wallNow'>;
  readonly catalog: Catalog;
  /** Whether a target has a place to ask for what the exchange wants. */
  readonly offers: (exchange: Exchange, target: Target, upstreamModel: string | undefined) => boolean;
}

/** Where nothing is counted. */
export const noBudgets: ExchangeBudget = {
  reserve: () => undefined,
  reserveAt: () => undefined,
  reserveSecond: () => undefined,
  reserveUsed: () => undefined,
  isPassing: () => true,
};

export function createExchangeBudget(input: ExchangeBudgetInput): ExchangeBudget {
  const { budgetsOf, policy } = input;
  /** A principal is one object for all requests of a key. */
  const refused = new WeakSet<Principal>();
  async function waitForMoney(exchange: Exchange, reserving: Promise<BudgetHold>): Promise<void> {
    try {
      exchange.budgetHold = await reserving;
      refused.delete(exchange.principal);
    } catch (error) {
      refused.add(exchange.principal);
      throw error;
    }
  }
  function hold(
    exchange: Exchange,
    claims: readonly SpendClaim[],
    estimate: BudgetCost | undefined,
  ): void | Promise<void> {
    // Nowhere to go is told by the plan, and what is free may be had of a budget that is spent.
    if (estimate === undefined) return;
    const reserved = policy.reserve({ claims, model: exchange.requestedModel ?? '', estimate });
    if (reserved instanceof Promise) return waitForMoney(exchange, reserved);
    exchange.budgetHold = reserved;
  }
  /** Tokens first: what they are refused for costs nothing. Where nothing holds, nothing is made. */
  function holdBoth(exchange: Exchange, where: Resolution | CopyStep): void | Promise<void> {
    if (costsNothing(exchange)) return;
    if (exchange.principal.tokenBudget === undefined) return holdMoney(exchange, where);
    const holding = holdTokens(input.tokens, exchange);
    try {
      const waiting = holding ? holdAtOnce(exchange, where, holding) : holdMoney(exchange, where);
      return waiting?.catch((error: unknown) => giveBack(exchange, error));
    } catch (error) {
      giveBack(exchange, error);
    }
  }
  /** One after the other where tokens refused the last request of the key: a flood of such holds no money of others. */
  async function holdAtOnce(exchange: Exchange, where: Resolution | CopyStep, holding: Promise<void>): Promise<void> {
    if (!input.tokens.isPassing(exchange.principal)) await holding;
    await waitForBoth(holding, (async () => holdMoney(exchange, where))());
  }
  function holdMoney(exchange: Exchange, where: Resolution | CopyStep): void | Promise<void> {
    const own = budgetsOf(exchange.principal);
    const claims = own.ofModels.length === 0 ? own.ofAll : claimsOn(own, modelNamesOf(resolutionOf(where)));
    if (claims.length === 0) return;
    return hold(exchange, claims, estimateAt(exchange, where, input));
  }
  return {
    reserve: holdBoth,
    reserveAt: holdBoth,
    reserveSecond: (exchange) => (holdsNothing(exchange) ? undefined : holdSecond(exchange, input.tokens)),
    reserveUsed: (exchange) => (holdsNothing(exchange) ? undefined : holdUsed(exchange, input)),
    isPassing: ({ principal }) => !refused.has(principal) && input.tokens.isPassing(principal),
  };
}

function holdsNothing({ budgetHold, tokenHold }: Exchange): boolean {
  return budgetHold === undefined && tokenHold === undefined;
}

function holdUsed(
  exchange: Exchange,
  { clock, priceOf, tokens }: ExchangeBudgetInput,
): Promise<SecondHold> | undefined {
  const last = exchange.attempts.at(-1);
  if (last === undefined) return undefined;
  const { cost: nanos } = useOf(last, clock.wallNow(), priceOf);
  return holdSecond(exchange, tokens, { tokens: tokensOfAll([last]) ?? estimatedTokens(exchange), nanos });
}

function holdTokens(tokens: TokenBudgets, exchange: Exchange): Promise<void> | undefined {
  const reserved = tokens.reserve(exchange.principal, estimatedTokens(exchange));
  if (reserved instanceof Promise) {
    return reserved.then((late) => {
      exchange.tokenHold = late;
    });
  }
  exchange.tokenHold = reserved;
  return undefined;
}

/** What one of two budgets has set aside where the other refused: nothing is sent. */
function giveBack({ budgetHold, tokenHold }: Exchange, error: unknown): never {
  tokenHold?.release();
  budgetHold?.settle({ knownNanos: 0, unknownCost: undefined });
  throw error;
}

/** Counts what an exchange came to, its cost as its row says. Of tokens that nobody can tell the estimate stays. */
export function settleBudgets(exchange: Exchange, row: LedgerRow | undefined): void {
  exchange.budgetHold?.settle(row === undefined ? unrecorded : costOfRow(row));
  exchange.tokenHold?.settle(tokensOfAll(exchange.attempts) ?? estimatedTokens(exchange));
}

/** The cost of what no ledger has is not known. */
const unrecorded: BudgetCost = { knownNanos: 0, unknownCost: 'no_usage' };

/** What the row of an exchange says that it cost, all attempts together. */
function costOfRow({ attempts }: LedgerRow): BudgetCost {
  let knownNanos = 0;
  let unknownCost: string | undefined;
  for (const attempt of attempts) {
    knownNanos += attempt.cost ?? 0;
    unknownCost ??= attempt.unknownCost;
  }
  return { knownNanos, unknownCost };
}

/** Counting tokens is free, and what is only read or deleted makes nothing that could cost. */
function costsNothing({ method, operation }: Exchange): boolean {
  return operation === 'count_tokens' || (operation === 'proxy' && ['GET', 'HEAD', 'DELETE'].includes(method));
}

const fallbackKinds: readonly FallbackKind[] = ['any', 'contextExceeded', 'contentRefused'];

/** A copy spends of the budgets of what is copied. */
function resolutionOf(where: Resolution | CopyStep): Resolution {
  return 'route' in where ? where : where.resolution;
}

/** What the request may cost where it may go; undefined where that is nothing for certain. */
function estimateAt(
  exchange: Exchange,
  where: Resolution | CopyStep,
  input: ExchangeBudgetInput,
): BudgetCost | undefined {
  const dearest = new DearestPlace(exchange, input);
  if ('routeTarget' in where) {
    const { target } = where.routeTarget;
    dearest.add(target, dearest.pricesAt(target, where.upstreamModel));
    addFurther(dearest, exchange, target, where.upstreamModel);
    return dearest.cost;
  }
  addPlaces(dearest, exchange, where, input);
  const { overrides, scopes } = exchange.principal;
  if (!input.catalog.hasFallbacks || overrides?.fallbacks === false) return dearest.cost;
  const facts = routingFactsOf(exchange);
  for (const kind of fallbackKinds) {
    for (const one of input.catalog.fallbacksOf(where, kind, facts)) {
      if (mayUseModel(scopes, one.requestedModel)) addPlaces(dearest, exchange, one, input);
    }
  }
  return dearest.cost;
}

function addPlaces(
  dearest: DearestPlace,
  exchange: Exchange,
  resolution: Resolution,
  { offers }: ExchangeBudgetInput,
): void {
  for (const tier of resolution.route.tiers) {
    for (const member of tier) {
      const model = upstreamModelOf(member, resolution);
      const prices = dearest.pricesAt(member.target, model);
      if (dearest.isLast(prices) || !offers(exchange, member.target, model)) continue;
      dearest.add(member.target, prices);
      addFurther(dearest, exchange, member.target, model);
    }
  }
}

/** Models that the request names beside its own, of which only upstreams of its own wire hear. */
function addFurther(dearest: DearestPlace, exchange: Exchange, target: Target, model: string | undefined): void {
  const { facts, operation, protocol } = exchange;
  if (facts.furtherModels === undefined) return;
  const isTranslated = operation === 'chat' || operation === 'responses';
  const endpoint = isTranslated ? chatEndpointOf(target, protocol, { model, stream: facts.stream }) : undefined;
  if (isTranslated && endpoint?.protocol !== protocol) return;
  for (const further of facts.furtherModels) dearest.add(target, dearest.pricesAt(target, further));
}

/** The dearest of the places where a request may go. */
class DearestPlace {
  readonly #exchange: Exchange;
  readonly #priceOf: PriceOf;
  readonly #at: number;
  #lastPrices: ModelPrices | undefined | 'none' = 'none';
  #knownNanos = 0;
  #unknownCost: string | undefined;
  #isAllFree = true;

  constructor(exchange: Exchange, { clock, priceOf }: ExchangeBudgetInput) {
    this.#exchange = exchange;
    this.#priceOf = priceOf;
    this.#at = clock.wallNow();
  }

  pricesAt({ id }: Target, model: string | undefined): ModelPrices | undefined {
    return this.#priceOf({ targetId: id, upstreamModel: model }, this.#at).prices;
  }

  /**
   * Whether the last place costs the same, as those of most routes do. A rate beside the tier depends on the place, and so do
   * prices of further models.
   */
  isLast(prices: ModelPrices | undefined): boolean {
    const { furtherModels, rate } = this.#exchange.facts;
    return prices === this.#lastPrices && rate === undefined && furtherModels === undefined;
  }

  add(target: Target, prices: ModelPrices | undefined): void {
    this.#lastPrices = prices;
    const exchange = this.#exchange;
    const tier = chargedTier(undefined, exchange.facts.serviceTier, sentRate(exchange, target));
    const estimate = estimatedUsage(exchange);
    const { body } = exchange;
    const cost = largestCost({ body, estimate, prices, tier });
    const { nanoDollars } = cost;
    if (!nanoDollars && prices !== undefined && isFree(prices)) return;
    this.#isAllFree = false;
    if (isNeverTold(exchange)) this.#unknownCost ??= 'no_usage';
    if (nanoDollars === undefined) this.#unknownCost ??= cost.reason;
    // A tier is a word of the caller's that many upstreams do not know: it counts for no less than the usual one.
    const least = nanoDollars ?? largestCost({ body, estimate, prices, tier: undefined }).nanoDollars ?? 0;
    this.#knownNanos = Math.max(this.#knownNanos, least);
  }

  /** Undefined where the request costs nothing for certain. */
  get cost(): BudgetCost | undefined {
    if (this.#isAllFree) return undefined;
    return { knownNanos: this.#knownNanos, unknownCost: this.#unknownCost };
  }
}
