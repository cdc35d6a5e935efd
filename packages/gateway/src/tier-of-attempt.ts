import type { Exchange } from './exchange.ts';
import { chargedTier } from './pricing/charged-tier.ts';
import { findProtocol } from './protocols/find-protocol.ts';
import type { AttemptOutcome } from './relay/attempt-outcome.ts';
import type { Target } from './routing/target.ts';
import type { UpstreamAsk } from './upstream-request.ts';

/** One attempt at a target, ended; `ask` is undefined where it came to none. */
export interface EndedAttempt {
  readonly exchange: Exchange;
  readonly target: Target;
  readonly ask: UpstreamAsk | undefined;
  readonly outcome: AttemptOutcome;
}

/** What an attempt is charged by: as its answer tells it, and as it was asked for where there is none that does. */
export function tierOfAttempt({ exchange, target, ask, outcome }: EndedAttempt): string | undefined {
  const { serviceTier, usage } = outcome;
  const rate = usage === undefined ? sentRate(exchange, target) : usage.rate;
  return chargedTier(serviceTier, sentTier(exchange.facts.serviceTier, ask), rate);
}

/** Names that wires have for the tier of service, as they stand among the members that a provider refuses. */
const tierMembers = ['service_tier', 'serviceTier'];

/** The tier of service that a target was asked for; undefined where its wire, or it itself, is not told what the caller wants. */
function sentTier(asked: string | undefined, ask: UpstreamAsk | undefined): string | undefined {
  if (asked === undefined || ask?.endpoint === undefined || ask.translation === undefined) return asked;
  const { protocol, quirks } = ask.endpoint;
  const isTold = findProtocol(protocol).upstream.support.serviceTier === 'native';
  const isRefused = quirks.refusedMembers?.some((member) => tierMembers.includes(member)) === true;
  return isTold && !isRefused ? asked : undefined;
}

/** The rate beside the tier that a target can be asked for: only its own wire has words for it. */
export function sentRate({ facts: { rate }, protocol }: Exchange, target: Target): string | undefined {
  if (rate === undefined) return undefined;
  return target.chat.some((endpoint) => endpoint.protocol === protocol) ? rate : undefined;
}
