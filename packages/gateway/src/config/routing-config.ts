import type { ConfigPlace } from '../canonical/config-error.ts';

/** Which targets get a request, and how routes treat theirs. */
export interface RoutingConfig {
  readonly strategy: string | undefined;
  readonly defaultProvider: string | undefined;
  readonly fallbackEnabled: boolean;
  readonly healthCheckIntervalMs: number;
  readonly rules: readonly RoutingRuleConfig[];
  /** What holds for every route that does not say otherwise; absent: the defaults. */
  readonly options?: RouteOptions;
  /** Models to go on with, by the model asked for (`*`: any other), then by the kind of failure. */
  readonly fallbacks?: ReadonlyMap<string, FallbackModels>;
}

export interface RoutingRuleConfig {
  readonly name: string;
  readonly condition: string;
  readonly targetProvider: string;
  readonly priority: number;
  /** Where they stand: only with all targets at hand is known whether they can be used. */
  readonly places: { readonly condition: ConfigPlace; readonly targetProvider: ConfigPlace };
}

/** What a failed model is followed by: public model names, tried in order. */
export interface FallbackModels {
  /** The request is longer than the model's window. */
  readonly contextExceeded: readonly string[];
  /** The provider refused the content. */
  readonly contentRefused: readonly string[];
  /** Any other failure that another model could cure. */
  readonly any: readonly string[];
}

/** What becomes of a stream that breaks after its first byte went out. `auto`: continue, else restart, else error. */
export type StreamRecovery = 'auto' | 'continue' | 'restart' | 'buffer' | 'error';

/** By what requests are kept together on one target, so that its prompt cache stays warm. */
export type StickyBy = { readonly kind: 'key' | 'conversation' } | { readonly kind: 'header'; readonly name: string };

/** A second target is asked when the first is slow to speak. */
export interface HedgingConfig {
  /** The first token is late when it is later than that of so many percent of the route's requests. */
  readonly percentile: number;
  /** It is never late before this, in milliseconds. */
  readonly minDelayMs: number;
  /** Second requests at most, in percent of all. */
  readonly maxExtraPercent: number;
}

/** How a route treats its requests, beside the strategy that picks among its targets. */
export interface RouteOptions {
  readonly streamRecovery: StreamRecovery;
  readonly stickyBy: StickyBy;
  /** Undefined: no second target is asked. */
  readonly hedging: HedgingConfig | undefined;
  /** Identical requests of one caller that run at the same time share one answer. */
  readonly singleFlight: boolean;
}
