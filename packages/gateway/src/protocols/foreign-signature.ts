import type { Signature } from '../canonical/conversation.ts';
import { type ProtocolName, protocolNames } from '../canonical/protocol-name.ts';

/**
 * A signature of one wire, carried over another: an application that speaks Anthropic's wire to a Gemini model gets its
 * thought signatures in the place of Anthropic's own and sends them back with the conversation. The prefix says whose
 * they are, so that they reach an upstream of that wire byte for byte, and no other.
 */
const PREFIX = 'gw-sig:';

/**
 * Stands in the place of a signature where a model gave none and the wire's own provider insists on one: a turn with it is
 * not passed on as it came.
 */
export const UNSIGNED = `${PREFIX}none`;

/** The signature as clients of `wire` get it. */
export function carrySignature({ origin, value }: Signature, wire: ProtocolName): string {
  return origin === wire ? value : `${PREFIX}${origin}:${value}`;
}

/** The signature that clients of `wire` sent back. */
export function readSignature(text: string, wire: ProtocolName): Signature {
  if (text.startsWith(PREFIX)) {
    const origin = protocolNames.find((name) => text.startsWith(`${name}:`, PREFIX.length));
    if (origin) return { origin, value: text.slice(PREFIX.length + origin.length + 1) };
  }
  return { origin: wire, value: text };
}
