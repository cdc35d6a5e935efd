import type { FailureKind } from '../resilience/failure.ts';
import type { HealthReason } from '../resilience/health-state.ts';
import type { PickFigureName } from '../routing/strategies/define-strategy.ts';

/** Reasons that leave a target out of the choice. */
const blockingCodes = [
  'disabled',
  'unusable',
  'shadow',
  'out_of_scope',
  'no_model',
  'no_path_for_operation',
  'inexpressible',
  'unhealthy',
  'quota',
  'misconfigured',
  'breaker_open',
  'cooling',
  'ejected',
  'limit_spent',
  'bulkhead_full',
] as const;

/** Reasons why somebody else was chosen. */
const otherCodes = ['ramping', 'spared', 'lower_tier', 'canary', 'not_picked_by_strategy'] as const;

/** Why a target does not get a request, as a closed list; the page about routing explains each. */
export const reasonCodes = [...blockingCodes, ...otherCodes] as const;

export type ReasonCode = (typeof reasonCodes)[number];

const blocking: ReadonlySet<ReasonCode> = new Set<ReasonCode>(blockingCodes);

/** One reason, as it is written in answers: a code, a sentence, and the figures of the sentence. */
export interface Reason {
  readonly code: ReasonCode;
  readonly message: string;
  /** The upstream's name of the model that it concerns; absent: every model. */
  readonly model?: string;
  /** ISO time since when. */
  readonly since?: string;
  /** What brought it about: probes, requests, a trial. */
  readonly cause?: HealthReason;
  readonly failure?: FailureKind;
  /** Milliseconds until it may be asked again; absent where that is not known. */
  readonly retry_in_ms?: number;
  /** The share of its usual traffic that it gets for now, from 0 to 1. */
  readonly share?: number;
  readonly in_flight?: number;
  readonly queued?: number;
  readonly limit?: number;
  /** Number of its tier, the first being 1. */
  readonly tier?: number;
  readonly percent?: number;
  readonly figure?: { readonly name: PickFigureName; readonly value: number | null };
}

export function isBlocking({ code }: Reason): boolean {
  return blocking.has(code);
}

/** Milliseconds as people read them: `800 ms`, `4.2 s`, `3 min`. */
export function spanText(ms: number): string {
  if (ms < 1_000) return `${Math.ceil(ms)} ms`;
  if (ms < 120_000) return `${(ms / 1_000).toFixed(1).replace(/\.0$/, '')} s`;
  return `${Math.round(ms / 60_000)} min`;
}

/** A share from 0 to 1 as percent with at most one decimal. */
export function percentText(share: number): string {
  return `${(share * 100).toFixed(1).replace(/\.0$/, '')} %`;
}
