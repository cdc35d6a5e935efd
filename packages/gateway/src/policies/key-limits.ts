import type { PrincipalLimit, RequestView } from '../canonical/exchange.ts';
import { GatewayError } from '../canonical/gateway-error.ts';
import type {
  LimitClaim,
  LimitReservation,
  LimitVerdict,
  ReservingLimitStore,
  WhenStoreIsAway,
} from '../stores/limit-store.ts';
import type { CancelSignal, SlotPool, SlotRefusal, SlotStore } from '../stores/slot-store.ts';
import { acquireAll, releaseSlot, type SlotOutcome } from './acquire-slots.ts';
import { type CompiledKeyLimits, keyLimitCompiler } from './compiled-key-limits.ts';
import { scopeOf, spent, tooMany } from './key-limit-errors.ts';
import { tellKeyLimit } from './key-limit-headers.ts';

export interface KeyLimitsInput {
  readonly limits: ReservingLimitStore;
  readonly slots: SlotStore;
  /** What becomes of these limits while the store for all processes is away. */
  readonly whenStoreIsAway: WhenStoreIsAway;
  /** Told of every request that a limit refused. */
  readonly onRefused?: ((request: RequestView, refusal: LimitRefusal) => void) | undefined;
}

/** Which limit was reached. */
export interface LimitRefusal {
  /** As in `tenant.requests`, `team.day.tokens` or `key.concurrent`. */
  readonly name: string;
  readonly limit: number;
}

/** The limits that come with keys and what they are below: requests and tokens in any minute and day, and requests at one time. */
export interface KeyLimits {
  /**
   * Before the body is read. Takes the places of the request, or asks for them where that takes a while, and counts it
   * where no tokens are limited. `counting` is what the gateway's own limits are being asked, where that takes a while: it
   * is waited for together with these, in `claim`, or here where no tokens are limited and the body is long, so that what
   * is refused need not be read. `bodyBytes`: undefined where nobody knows yet. Undefined where nothing limits the
   * principal and nothing is waited for. Throws `rate_limited`; then nothing is held.
   */
  enter(
    request: RequestView,
    signal: CancelSignal,
    counting: Promise<void> | undefined,
    bodyBytes: number | undefined,
  ): KeyHold | undefined | Promise<KeyHold | undefined>;
}

/** What one request holds of the limits of its key, until `end`. */
export interface KeyHold {
  /** Whether `claim` has to be called once the body is read. */
  readonly needsClaim: boolean;
  /** Whether the limits let the last request pass: then they will hardly refuse this one. */
  readonly isPassing: boolean;
  /**
   * After the body: counts the request together with the tokens it may come to, input and output, and waits for what was
   * asked before. Throws `rate_limited`; `end` is to be called all the same.
   */
  claim(request: RequestView, estimatedTokens: number): void | Promise<void>;
  /** The request is over: gives back its places, and counts the tokens it took; undefined: nobody knows, the estimate stays. */
  end(tokens: number | undefined): void;
}

/** Bodies up to here are read while the limits are asked elsewhere: by then most of them are here. */
const SHORT_BODY_BYTES = 64 * 1024;

/** Makes the policy of keys' own limits. */
export function createKeyLimits({ limits, onRefused, slots, whenStoreIsAway }: KeyLimitsInput): KeyLimits {
  const compile = keyLimitCompiler(whenStoreIsAway);
  /** One for all without limits: what the gateway's own refuse is nobody's alone. */
  const unlimited: readonly PrincipalLimit[] = [];
  return {
    enter(request, signal, counting, bodyBytes = Number.POSITIVE_INFINITY) {
      const { limits: own = unlimited } = request.principal;
      if (own.length === 0 && counting === undefined) return undefined;
      counting?.catch(nothing);
      const compiled = compile(own);
      const hold = new HeldLimits(compiled, limits, onRefused);
      const isShort = bodyBytes <= SHORT_BODY_BYTES;
      const outcomes = acquireAll(slots, compiled.pools, signal);
      if (counting === undefined && !(outcomes instanceof Promise)) return hold.occupy(outcomes, request, isShort);
      return hold.await({ places: Promise.resolve(outcomes), counting }, request, isShort);
    },
  };
}

/** What others were asked for and have not answered yet. */
interface Awaited {
  readonly places: Promise<readonly SlotOutcome[]>;
  readonly counting: Promise<void> | undefined;
}

const nothing = (): void => undefined;
const none: readonly SlotOutcome[] = [];

class HeldLimits implements KeyHold {
  needsClaim: boolean;
  readonly #compiled: CompiledKeyLimits;
  readonly #limits: ReservingLimitStore;
  readonly #onRefused: KeyLimitsInput['onRefused'];
  #held: readonly SlotOutcome[] = none;
  #awaited: Awaited | undefined;
  /** The counting of the request, while it is under way and `claim` is to wait for it. */
  #counting: Promise<void> | undefined;
  #reservation: LimitReservation | undefined;
  /** What the request may come to, once that is known. */
  #tokens = 0;
  #isOver = false;

  constructor(compiled: CompiledKeyLimits, limits: ReservingLimitStore, onRefused: KeyLimitsInput['onRefused']) {
    this.#compiled = compiled;
    this.#limits = limits;
    this.#onRefused = onRefused;
    this.needsClaim = compiled.claims.length > compiled.requests.length;
  }

  get isPassing(): boolean {
    return this.#compiled.isPassing;
  }

  occupy(outcomes: readonly SlotOutcome[], request: RequestView, isShort: boolean): this | Promise<this> {
    this.#take(outcomes, request);
    return this.enter(request, isShort);
  }

  /**
   * Somebody else is asked: what has to be counted is asked for without waiting for the rest, here or, where it is not
   * known before the body, in `claim`, so that a request waits once.
   */
  await(awaited: Awaited, request: RequestView, isShort: boolean): this | Promise<this> {
    this.#awaited = awaited;
    awaited.places.catch(nothing);
    if (this.needsClaim) return this;
    return this.#waitFor(this.#countBeside(awaited, this.#compiled.requests, request), isShort);
  }

  /** Here, or in `claim` where the body is short. */
  #waitFor(counting: Promise<void>, isShort: boolean): this | Promise<this> {
    if (!isShort) return counting.then(() => this);
    // Where the body is bad, nobody waits.
    counting.catch(nothing);
    this.#counting = counting;
    this.needsClaim = true;
    return this;
  }

  /** Counts the request where nothing else has to be known. */
  enter(request: RequestView, isShort: boolean): this | Promise<this> {
    const { requests } = this.#compiled;
    if (this.needsClaim || requests.length === 0) return this;
    try {
      const verdict = this.#limits.take(requests);
      if (!(verdict instanceof Promise)) {
        this.#apply(verdict, request);
        return this;
      }
      return this.#waitFor(this.#applyLate(verdict, request), isShort);
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  claim(request: RequestView, estimatedTokens: number): void | Promise<void> {
    if (!this.needsClaim || this.#isOver) return;
    if (this.#counting !== undefined) return this.#counting;
    this.#tokens = estimatedTokens;
    const { claims: all, requests } = this.#compiled;
    const claims = new Array<LimitClaim>(all.length);
    for (let index = 0; index < all.length; index++) {
      const claim = all[index]!;
      claims[index] = index < requests.length ? claim : { rule: claim.rule, key: claim.key, cost: estimatedTokens };
    }
    if (this.#awaited !== undefined) return this.#countBeside(this.#awaited, claims, request);
    const reservation = this.#limits.reserve(claims);
    if (reservation instanceof Promise) return reservation.then((late) => this.#reserved(late, request));
    this.#reserved(reservation, request);
  }

  end(tokens: number | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#leave();
    this.#awaited?.places.then((late) => late.forEach(releaseSlot), nothing);
    this.#settle(tokens);
  }

  async #applyLate(verdict: Promise<LimitVerdict>, request: RequestView): Promise<void> {
    try {
      this.#apply(await verdict, request);
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  /** Throws what refuses the request; then nothing of it is held or counted against the key. */
  async #countBeside(awaited: Awaited, claims: readonly LimitClaim[], request: RequestView): Promise<void> {
    const count = async () => (claims.length > 0 ? this.#limits.reserve(claims) : undefined);
    const [passed, placed, counted] = await Promise.allSettled([awaited.counting, awaited.places, count()]);
    this.#awaited = undefined;
    this.#reservation = counted.status === 'fulfilled' ? counted.value : undefined;
    try {
      if (placed.status === 'fulfilled') this.#held = placed.value;
      if (passed.status === 'rejected') throw passed.reason;
      if (placed.status === 'rejected') throw placed.reason;
      this.#take(placed.value, request);
      if (counted.status === 'rejected') throw counted.reason;
      if (this.#reservation !== undefined) this.#apply(this.#reservation.verdict, request);
      this.#compiled.isPassing = true;
      // The body was bad: nothing was sent for it.
      if (this.#isOver) this.#settle(0);
    } catch (error) {
      this.#compiled.isPassing = false;
      this.#leave();
      this.#reservation?.settle(claims.map(() => 0));
      throw error;
    }
  }

  /** Takes the places that were granted. Throws where one was not; then none is held. */
  #take(outcomes: readonly SlotOutcome[], request: RequestView): void {
    this.#held = outcomes;
    for (let index = 0; index < outcomes.length; index++) {
      const outcome = outcomes[index]!;
      if (typeof outcome === 'string') this.#refuse(outcome, this.#compiled.pools[index]!, request);
    }
  }

  #refuse(refusal: SlotRefusal, pool: SlotPool, request: RequestView): never {
    this.#compiled.isPassing = false;
    this.#leave();
    if (refusal === 'aborted') throw new GatewayError('client_closed', 'The caller left.');
    this.#onRefused?.(request, { name: `${scopeOf(pool.id)}.concurrent`, limit: pool.maxConcurrent });
    throw tooMany(pool);
  }

  #reserved(reservation: LimitReservation, request: RequestView): void {
    this.#reservation = reservation;
    // It ended while the store was asked: nothing was sent for it.
    if (this.#isOver) this.#settle(0);
    else this.#apply(reservation.verdict, request);
  }

  #settle(tokens: number | undefined): void {
    if (this.#reservation === undefined) return;
    const { claims, requests } = this.#compiled;
    const used = claims.map((_, index) => (index < requests.length ? 1 : tokens));
    this.#reservation.settle(used);
  }

  #apply(verdict: LimitVerdict, request: RequestView): void {
    this.#compiled.isPassing = verdict.allowed;
    if (!verdict.allowed) {
      this.#leave();
      this.#onRefused?.(request, { name: verdict.ruleId, limit: verdict.limit });
      throw spent(verdict, this.#tokens);
    }
    tellKeyLimit(request.replyHeaders, verdict);
  }

  #leave(): void {
    for (const outcome of this.#held) releaseSlot(outcome);
    this.#held = none;
  }
}
