import type { AskAhead } from './ask-ahead.ts';
import type { AttemptRing } from './attempt-ring.ts';
import type { Clock } from './canonical/clock.ts';
import type { LedgerEntry } from './canonical/exchange.ts';
import { GatewayError } from './canonical/gateway-error.ts';
import { tokensOfAll } from './canonical/usage.ts';
import { breakOff, type EndParts, refuse, replyFailed } from './end-exchange.ts';
import { cancelError, type Exchange } from './exchange.ts';
import type { ExchangeBudget } from './exchange-budget.ts';
import type { Hedge, HedgedOutcome } from './hedge.ts';
import type { InboundBody } from './inbound-body.ts';
import type { KeyHold, KeyLimits } from './policies/key-limits.ts';
import { type RequestPolicy, runRing } from './policies/request-policy.ts';
import { mayRepeat } from './repeatable.ts';
import { estimatedTokens } from './request-facts.ts';
import type { ReadRequest } from './request-reader.ts';
import type { Failure } from './resilience/failure.ts';
import { resolveRequest } from './resolve-request.ts';
import type { Catalog } from './routing/catalog.ts';
import type { Plan, PlanStep } from './routing/plan.ts';
import type { Resolution } from './routing/target.ts';
import type { StartShadows } from './shadow.ts';
import type { ShareCall } from './shared-call.ts';
import type { Slot, SlotPool, SlotRefusal, SlotStore } from './stores/slot-store.ts';
import type { BeginRecovery } from './stream-recovery.ts';
import { atDeadline } from './target-limits.ts';
import { waitForBoth } from './wait-for-both.ts';

/** What the hot path is made of, compiled from one configuration. */
export interface InferenceParts extends EndParts {
  readonly clock: Clock;
  /** Before the body is read: addresses, hosts, keys. */
  readonly headPolicies: readonly RequestPolicy[];
  /** After them; undefined where nothing is limited. */
  readonly rateLimit: RequestPolicy | undefined;
  /** After it: signatures. */
  readonly bodyPolicies: readonly RequestPolicy[];
  /** What limits the caller's key. */
  readonly keyLimits: KeyLimits;
  readonly readRequest: ReadRequest;
  readonly catalog: Catalog;
  /** What limits spending. */
  readonly budget: ExchangeBudget;
  /** Asks the limits of the first target together with what the request has to wait for anyway. */
  readonly askAhead: AskAhead;
  readonly createPlan: (resolution: Resolution, exchange: Exchange) => Plan;
  readonly noTargetError: (resolution: Resolution, exchange: Exchange) => GatewayError;
  readonly attemptRing: AttemptRing;
  /** Makes an attempt, and a second one where the first is slow. */
  readonly hedge: Hedge;
  /** Lets identical requests share one call. */
  readonly shareCall: ShareCall;
  readonly startShadows: StartShadows;
  readonly beginRecovery: BeginRecovery;
  readonly slots: SlotStore;
  readonly admission: SlotPool;
  /** Milliseconds an exchange may take in all. */
  readonly timeoutMs: (exchange: Exchange) => number;
  readonly onRetry: (provider: string) => void;
  /** Writes down that an upstream is about to be asked. */
  readonly beginEntry: (exchange: Exchange, step: PlanStep) => void;
  readonly settle: (entry: LedgerEntry, exchange: Exchange) => void;
}

export type Inference = (exchange: Exchange, body: InboundBody) => Promise<void>;

/**
 * The hot path. One exchange: request ring → body → route → queue → plan → attempts → settle. It ends exactly once,
 * with one reply and one ledger entry, whatever happens on the way.
 */
export function createInference(parts: InferenceParts): Inference {
  return async function infer(exchange, inbound) {
    let outcome: LedgerEntry['outcome'] = 'completed';
    let hold: KeyHold | undefined;
    try {
      const pending = runRing(parts.headPolicies, exchange);
      if (pending) await pending;
      const counting = parts.rateLimit?.(exchange);
      const entering = parts.keyLimits.enter(exchange, exchange, counting || undefined, inbound.contentLength);
      hold = entering instanceof Promise ? await entering : entering;
      const reading = parts.readRequest(exchange, inbound);
      if (reading) await reading;
      const claiming = hold?.needsClaim ? hold.claim(exchange, estimatedTokens(exchange)) : undefined;
      const paid = claiming && mayPayAhead(parts, hold!) ? await payAhead(parts, exchange, claiming) : undefined;
      if (claiming && !paid) await claiming;
      const checking = runRing(parts.bodyPolicies, exchange);
      if (checking) await checking;
      const resolution = paid ?? resolveRequest(parts.catalog, exchange);
      const shared = resolution.route.options.singleFlight
        ? parts.shareCall(exchange, resolution, async (call) => serve(parts, call, resolution))
        : undefined;
      outcome = await (shared ?? (paid ? serveInTurn : serve)(parts, exchange, resolution));
    } catch (error) {
      outcome = refuse(parts, exchange, error);
    }
    exchange.recovery?.release();
    exchange.ahead?.drop();
    hold?.end(tokensOfAll(exchange.attempts));
    parts.settle(exchange.toLedgerEntry(outcome), exchange);
  };
}

/** Nothing comes between the limits and the money but what is known at once, and the limits are likely to let it pass. */
function mayPayAhead({ bodyPolicies }: InferenceParts, { isPassing }: KeyHold): boolean {
  return isPassing && bodyPolicies.length === 0;
}

/**
 * Sets money aside, and asks the first target's limits, while those of the key are still being asked: where all are
 * counted elsewhere, a request waits for one answer. What is refused gives the rest back with its end. Undefined where
 * identical requests share one call, and its cost.
 */
function payAhead(parts: InferenceParts, exchange: Exchange, claiming: Promise<void>): Promise<Resolution | undefined> {
  return waitForBoth(claiming, setAside(parts, exchange));
}

async function setAside(parts: InferenceParts, exchange: Exchange): Promise<Resolution | undefined> {
  const resolution = resolveRequest(parts.catalog, exchange);
  if (resolution.route.options.singleFlight) return undefined;
  const reserving = parts.budget.reserve(exchange, resolution);
  askAhead(parts, exchange, resolution);
  await reserving;
  return resolution;
}

/** Not where there was no money for the last request: a flood of such takes nothing of targets from others. */
function askAhead(parts: InferenceParts, exchange: Exchange, resolution: Resolution): void {
  if (parts.budget.isPassing(exchange)) parts.askAhead(exchange, resolution);
}

/** The answer, once there is money for it and it is the request's turn. Throws at once where there is none. */
function serve(parts: InferenceParts, exchange: Exchange, resolution: Resolution): Promise<LedgerEntry['outcome']> {
  const reserving = parts.budget.reserve(exchange, resolution);
  if (reserving) {
    askAhead(parts, exchange, resolution);
    return reserving.then(() => serveInTurn(parts, exchange, resolution));
  }
  return serveInTurn(parts, exchange, resolution);
}

/** The answer, once it is the request's turn. */
async function serveInTurn(
  parts: InferenceParts,
  exchange: Exchange,
  resolution: Resolution,
): Promise<LedgerEntry['outcome']> {
  const admitted = admit(parts, exchange);
  const slot = admitted instanceof Promise ? await admitted : admitted;
  try {
    return await answer(parts, exchange, resolution);
  } finally {
    slot.release();
  }
}

/** A place among the requests being served, after a wait where there is none free. */
function admit({ admission, clock, slots, timeoutMs }: InferenceParts, exchange: Exchange): Slot | Promise<Slot> {
  exchange.throwIfCancelled();
  const slot = slots.acquire(admission, exchange);
  if (!(slot instanceof Promise)) return granted(slot, exchange, admission);
  const queuedAt = clock.now();
  const deadline = exchange.startedAt + timeoutMs(exchange);
  const cancelTimer = atDeadline(clock, deadline, () => exchange.endWait());
  const endWait = exchange.ahead?.dropLate(clock);
  return slot.then((late) => {
    cancelTimer();
    endWait?.();
    const now = clock.now();
    exchange.queuedMs = now - queuedAt;
    if (now < deadline || typeof late !== 'object') return granted(late, exchange, admission);
    // A target would be at work for nobody, and blamed for it.
    late.release();
    return granted('timeout', exchange, admission);
  });
}

function granted(slot: Slot | SlotRefusal, exchange: Exchange, admission: SlotPool): Slot {
  if (typeof slot === 'object') return slot;
  if (slot === 'aborted' && exchange.cancelReason) throw cancelError(exchange.cancelReason);
  if (slot === 'full') {
    throw new GatewayError('queue_full', `The gateway is busy and its queue of ${admission.maxQueue} is full.`, {
      retryAfterMs: 1_000,
    });
  }
  throw new GatewayError('queue_timeout', 'The request waited too long for its turn.', { retryAfterMs: 1_000 });
}

/** Follows the plan until an answer has gone out whole, or nothing is left to try. */
async function answer(
  parts: InferenceParts,
  exchange: Exchange,
  resolution: Resolution,
): Promise<LedgerEntry['outcome']> {
  const { clock } = parts;
  const { hedging } = resolution.route.options;
  const deadline = exchange.startedAt + parts.timeoutMs(exchange);
  const ahead = exchange.ahead?.isStale === false ? exchange.ahead : undefined;
  const plan = ahead?.plan ?? parts.createPlan(resolution, exchange);
  parts.startShadows(exchange, resolution);
  exchange.recovery = parts.beginRecovery(exchange, resolution.route);
  let failure: Failure | undefined;
  let failedStep: PlanStep | undefined;
  for (;;) {
    const again = exchange.recovery?.takeRepeat() ? plan.repeat(clock.now(), failedStep) : undefined;
    const begun = failure === undefined ? ahead?.step : undefined;
    const step = begun ?? again ?? plan.next(failure, clock.now(), deadline, failedStep);
    if (!step) break;
    if (failure) {
      if (!(await mayPayAgain(parts, exchange))) break;
      parts.onRetry(step.routeTarget.target.provider);
    }
    if (step.delayMs > 0) {
      exchange.waitedMs += step.delayMs;
      await exchange.wait(step.delayMs);
    }
    exchange.throwIfCancelled();
    parts.beginEntry(exchange, step);
    const mayHedge = hedging !== undefined && !exchange.isCommitted;
    const outcome: HedgedOutcome = await (mayHedge
      ? parts.hedge({ exchange, step, plan, deadline, routeId: resolution.route.id, hedging })
      : parts.attemptRing(exchange, step, deadline));
    failure = outcome.failure;
    failedStep = outcome.step;
    if (!failure) return 'completed';
    if (exchange.cancelReason) return exchange.isCommitted ? breakOff(exchange, failure) : cancelled(exchange);
    if (exchange.isCommitted) {
      const left = exchange.recovery?.takeFailure(exchange, failure, outcome) ?? 'nothing';
      if (left === 'end') return 'completed';
      if (left === 'nothing') return breakOff(exchange, failure);
      failure = exchange.recovery!.forPlan(failure);
    }
    if (exchange.uploadFault) throw exchange.uploadFault;
    // All were out before, and the least bad one still is: say when to come again.
    const isStillOut = failure.status === 0 && failure.kind !== 'limit_spent' && !exchange.isCommitted;
    if (step.isLastResort && isStillOut) throw parts.noTargetError(resolution, exchange);
    if (!mayRepeat(exchange, failure)) break;
  }
  // The caller is told of the failure that broke its answer, not of those that kept others from completing it.
  if (exchange.isCommitted) return breakOff(exchange, exchange.recovery!.brokenBy!);
  if (!failure) throw parts.noTargetError(resolution, exchange);
  return replyFailed(parts, exchange, failure);
}

/** Whether budgets have room for another attempt beside what the last one used. */
async function mayPayAgain({ budget }: InferenceParts, exchange: Exchange): Promise<boolean> {
  try {
    (await budget.reserveUsed(exchange))?.keep();
    return true;
  } catch (error) {
    if (error instanceof GatewayError) return false;
    throw error;
  }
}

function cancelled(exchange: Exchange): never {
  throw cancelError(exchange.cancelReason!);
}
