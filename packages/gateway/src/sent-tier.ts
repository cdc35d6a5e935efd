import { findProtocol } from './protocols/find-protocol.ts';
import type { UpstreamAsk } from './upstream-request.ts';

/** Names that wires have for the tier of service, as they stand among the members that a provider refuses. */
const tierMembers = ['service_tier', 'serviceTier'];

/** The tier of service that a target was asked for; undefined where its wire, or it itself, is not told what the caller wants. */
export function sentTier(asked: string | undefined, ask: UpstreamAsk | undefined): string | undefined {
  if (asked === undefined || ask?.endpoint === undefined || ask.translation === undefined) return asked;
  const { protocol, quirks } = ask.endpoint;
  const isTold = findProtocol(protocol).upstream.support.serviceTier === 'native';
  const isRefused = quirks.refusedMembers?.some((member) => tierMembers.includes(member)) === true;
  return isTold && !isRefused ? asked : undefined;
}
