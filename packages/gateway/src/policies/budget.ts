import type { Principal } from '../canonical/exchange.ts';
import { GatewayError } from '../canonical/gateway-error.ts';
import { formatDollars } from '../canonical/nano-dollars.ts';
import type { SpendCap, SpendClaim, SpendReservation, SpendStore, SpendVerdict } from '../stores/spend-store.ts';

export interface BudgetPolicyInput {
  readonly store: SpendStore;
  /** What becomes of requests whose price nobody knows, where a hard budget holds for them. */
  readonly unknownPrice: 'deny' | 'allow';
  /** Hears of each hard budget that had no room for a request. */
  readonly onRefused: (cap: SpendCap) => void;
  /** Hears of requests of whose cost a part is not known: it is counted as its estimate, or as nothing. */
  readonly onUnknownCost: () => void;
}

/** The budgets that hold for whoever asks. */
export type BudgetsOf = (principal: Principal) => OwnBudgets;

/** Budgets of somebody and of all above. */
export interface OwnBudgets {
  readonly ofAll: readonly SpendClaim[];
  readonly ofModels: readonly ModelClaim[];
}

/** A budget of one model. */
export interface ModelClaim {
  readonly model: string;
  readonly claim: SpendClaim;
}

/** Those that hold for a model, by any of its names. */
export function claimsOn({ ofAll, ofModels }: OwnBudgets, names: ReadonlySet<string>): readonly SpendClaim[] {
  const own = ofModels.filter(({ model }) => names.has(model)).map(({ claim }) => claim);
  return own.length === 0 ? ofAll : [...ofAll, ...own];
}

/** What a request costs, or may cost. */
export interface BudgetCost {
  /** Nano-dollars, as far as they are known. */
  readonly knownNanos: number;
  /** Why not all of it is known; undefined: it is. */
  readonly unknownCost: string | undefined;
}

/** A request where budgets hold. */
export interface BudgetAsk {
  /** At least one. */
  readonly claims: readonly SpendClaim[];
  readonly model: string;
  /** At the dearest target that it may go to. */
  readonly estimate: BudgetCost;
}

/** Keeps spending within budgets. */
export interface BudgetPolicy {
  /**
   * When the route is known, before anything is sent. Throws `budget_exceeded` when a hard budget has no room,
   * and `price_unknown`.
   */
  reserve(ask: BudgetAsk): BudgetHold | Promise<BudgetHold>;
}

/** What is set aside for one request. */
export interface BudgetHold {
  /** The request is over; all its attempts cost so much. What nobody knows is the estimate. Only the first call counts. */
  settle(cost: BudgetCost): void;
  /**
   * Sets more aside, as much once more unless told otherwise, for an attempt besides the first. Throws `budget_exceeded`
   * where a hard budget has no room, of which nobody hears: the request is not refused.
   */
  again(nanos?: number): Promise<SpendReservation>;
}

/** Makes the policy of budgets. */
export function createBudgetPolicy(input: BudgetPolicyInput): BudgetPolicy {
  const { store, unknownPrice } = input;
  return {
    reserve(ask) {
      const { claims, estimate, model } = ask;
      if (estimate.unknownCost !== undefined && unknownPrice === 'deny' && claims.some(({ cap }) => cap.isHard)) {
        throw estimate.unknownCost === 'no_usage' ? unknownUse() : unknownPriceOf(model);
      }
      const reservation = store.reserve(claims, estimate.knownNanos);
      if (reservation instanceof Promise) return reservation.then((late) => allowed(late, ask, input));
      return allowed(reservation, ask, input);
    },
  };
}

function allowed(reservation: SpendReservation, ask: BudgetAsk, input: BudgetPolicyInput): BudgetHold {
  const { verdict } = reservation;
  if (verdict.allowed) return new Held(reservation, ask, input);
  input.onRefused(ask.claims[verdict.index]!.cap);
  throw exceeded(verdict, ask);
}

class Held implements BudgetHold {
  readonly #reservation: SpendReservation;
  readonly #ask: BudgetAsk;
  readonly #input: BudgetPolicyInput;

  constructor(reservation: SpendReservation, ask: BudgetAsk, input: BudgetPolicyInput) {
    this.#reservation = reservation;
    this.#ask = ask;
    this.#input = input;
  }

  settle({ knownNanos, unknownCost }: BudgetCost): void {
    if (unknownCost !== undefined) this.#input.onUnknownCost();
    const least = unknownCost === undefined ? 0 : this.#ask.estimate.knownNanos;
    this.#reservation.settle(Math.max(knownNanos, least));
  }

  async again(nanos = this.#ask.estimate.knownNanos): Promise<SpendReservation> {
    const reservation = await this.#input.store.reserve(this.#ask.claims, nanos);
    if (!reservation.verdict.allowed) throw exceeded(reservation.verdict, this.#ask);
    return reservation;
  }
}

function unknownPriceOf(model: string): GatewayError {
  const named = model === '' ? 'this request' : `the model ${model}`;
  const remedy = 'Ask for another model, or have its price set in the configuration.';
  return new GatewayError(
    'price_unknown',
    `The price of ${named} is not known at every target that it may go to, and a budget holds that allows no unknown prices. ${remedy}`,
  );
}

function unknownUse(): GatewayError {
  return new GatewayError(
    'price_unknown',
    'What forwarded paths, speech and streams of pictures cost is never known, and a budget holds that allows no unknown ' +
      'prices. Ask for something else, without a stream, or by a path that the gateway knows.',
  );
}

function exceeded({ index, leftNanos, resetMs }: SpendVerdict, { claims, estimate }: BudgetAsk): GatewayError {
  const { cap } = claims[index]!;
  const seconds = resetMs === null ? undefined : Math.max(1, Math.ceil(resetMs / 1000));
  // Time does not cure that.
  const isTooLarge = seconds !== undefined && estimate.knownNanos > cap.capNanos;
  const when = isTooLarge
    ? 'It never has room for that.'
    : seconds === undefined
      ? 'It does not begin anew by itself: ask whoever runs the gateway for more.'
      : `There is more in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`;
  const left =
    leftNanos === 0 && !isTooLarge
      ? 'is spent'
      : `has $${formatDollars(leftNanos)} left, and this request may cost $${formatDollars(estimate.knownNanos)}`;
  return new GatewayError(
    'budget_exceeded',
    `The ${windowName(cap.window)} budget ${cap.id} of $${formatDollars(cap.capNanos)} ${left}. ${when}`,
    {
      headers: {
        'X-Budget-Id': headerText(cap.id),
        'X-Budget-Limit': formatDollars(cap.capNanos),
        'X-Budget-Remaining': formatDollars(leftNanos),
        ...(seconds !== undefined && { 'X-Budget-Reset': String(seconds) }),
      },
      ...(seconds !== undefined && !isTooLarge && { retryAfterMs: seconds * 1000 }),
    },
  );
}

function windowName(window: SpendCap['window']): string {
  switch (window.kind) {
    case 'calendar':
      return window.period === 'day' ? 'daily' : `${window.period}ly`;
    case 'rolling':
      return 'rolling';
    case 'total':
      return 'total';
  }
}

/** A header holds no line break and nothing beyond ASCII. */
function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
}
