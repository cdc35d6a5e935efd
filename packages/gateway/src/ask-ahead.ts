import { AskedTarget, type AskedTargetParts, hasSharedLimits } from './asked-target.ts';
import type { Clock } from './canonical/clock.ts';
import type { Exchange } from './exchange.ts';
import type { Plan, PlanStep } from './routing/plan.ts';
import type { Resolution, Route } from './routing/target.ts';

export interface AskAheadParts extends AskedTargetParts {
  readonly createPlan: (resolution: Resolution, exchange: Exchange) => Plan;
  /** Milliseconds that an exchange may take in all. */
  readonly timeoutMs: (exchange: Exchange) => number;
}

/**
 * Begins the plan of a request and asks what is limited of its first target for all replicas, while the request still
 * waits for limits and money that are counted elsewhere: so it waits once. Nothing where nothing of the route is limited.
 */
export type AskAhead = (exchange: Exchange, resolution: Resolution) => void;

export function createAskAhead(parts: AskAheadParts): AskAhead {
  const limited = new WeakMap<Route, boolean>();
  const isLimited = (route: Route): boolean => {
    let known = limited.get(route);
    if (known === undefined) {
      known = route.tiers.flat().some(({ target }) => hasSharedLimits(target));
      limited.set(route, known);
    }
    return known;
  };
  return (exchange, resolution) => {
    if (!isLimited(resolution.route) || exchange.cancelReason) return;
    const plan = parts.createPlan(resolution, exchange);
    const deadline = exchange.startedAt + parts.timeoutMs(exchange);
    const step = plan.next(undefined, exchange.clock.now(), deadline);
    if (step === undefined) return;
    const { target } = step.routeTarget;
    exchange.ahead = new AskedAhead(
      plan,
      step,
      hasSharedLimits(target) ? new AskedTarget(parts, exchange, target) : undefined,
    );
  };
}

/** Milliseconds that a request which waits for its turn keeps what it was given of its target. */
const KEPT_MS = 100;

/** The plan of a request that was begun before its limits let it pass, and what was asked of the first target. */
export class AskedAhead {
  readonly plan: Plan;
  readonly step: PlanStep;
  readonly #asked: AskedTarget | undefined;
  /** It waited so long that another target may be the better one. */
  isStale = false;

  constructor(plan: Plan, step: PlanStep, asked: AskedTarget | undefined) {
    this.plan = plan;
    this.step = step;
    this.#asked = asked;
  }

  /** What was asked for this step, where nobody took it. */
  askedFor(step: PlanStep): AskedTarget | undefined {
    return step === this.step && this.#asked?.isOpen ? this.#asked : undefined;
  }

  /** Gives back what nobody took. */
  drop(): void {
    this.#asked?.drop();
  }

  /** The same where the wait for a turn becomes long: others can use it meanwhile. Returns what is called at its end. */
  dropLate(clock: Pick<Clock, 'schedule'>): () => void {
    return clock.schedule(() => {
      this.isStale = true;
      this.drop();
    }, KEPT_MS);
  }
}
