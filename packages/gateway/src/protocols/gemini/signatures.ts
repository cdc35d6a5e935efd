import type { ReasoningPart, Signature } from '../../canonical/conversation.ts';
import { asString, isObject } from '../../canonical/json.ts';
import { carrySignature, readSignature } from '../foreign-signature.ts';
import { WIRE } from './wire.ts';

/**
 * Stands for a signature that there is none of: Gemini 3 answers 400 to a turn's first function call without one, and
 * its documents name this value for calls that another model made ("Thought signatures", the only one of the two that
 * Vertex AI takes as well). It must be sent as it is, not as base64 of it.
 */
export const NO_SIGNATURE = 'skip_thought_signature_validator';

/**
 * What clients get with a first call that is not signed. They give it back, and so the turn is known for another wire's,
 * whose first call gets the value above: relayed as it came, it would be refused.
 */
export const UNSIGNED: Signature = { origin: 'openai-chat', value: '' };

/** What is told of a part together with its signature, where this wire has no member for it. */
type Told = Pick<ReasoningPart, 'id' | 'isRedacted'>;

/**
 * The signature as clients of this wire get it. `thoughtSignature` is bytes: Google's libraries for typed languages
 * decode it as base64 and fail on anything else, so another wire's signature is carried in base64.
 */
export function writeSignature(signature: Signature, told: Told = {}): string {
  if (signature.origin === WIRE) return signature.value;
  const carried = { 'gw-sig': carrySignature(signature, WIRE), id: told.id, isRedacted: told.isRedacted };
  return Buffer.from(JSON.stringify(carried)).toString('base64');
}

/** The signature that a client of this wire sent back, with what was told beside it. */
export function readCarried(text: string): Told & { readonly signature: Signature } {
  const carried = text.startsWith(CARRIED) ? parseCarried(text) : undefined;
  if (!carried) return { signature: { origin: WIRE, value: text } };
  const { id, isRedacted } = carried;
  return {
    signature: readSignature(carried.signature, WIRE),
    ...(typeof id === 'string' ? { id } : {}),
    ...(typeof isRedacted === 'boolean' ? { isRedacted } : {}),
  };
}

/** Nine bytes are twelve letters of base64 whatever follows. */
export const CARRIED = Buffer.from('{"gw-sig"').toString('base64');

function parseCarried(text: string): { signature: string; id: unknown; isRedacted: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64').toString());
    const signature = isObject(value) ? asString(value['gw-sig']) : undefined;
    return isObject(value) && signature !== undefined
      ? { signature, id: value['id'], isRedacted: value['isRedacted'] }
      : undefined;
  } catch {
    return undefined;
  }
}
