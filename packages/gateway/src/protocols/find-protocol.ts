import type { ProtocolName } from '../canonical/protocol-name.ts';
import type { Protocol } from './protocol.ts';
import { protocols } from './registry.gen.ts';

const byName = new Map<ProtocolName, Protocol>(protocols.map((protocol) => [protocol.name, protocol]));

/** The wire format of a name. */
export function findProtocol(name: ProtocolName): Protocol {
  return byName.get(name)!;
}

/** The wire of whoever gives no sign of another: the most clients speak it, and their errors are the most widely read. */
export const usualProtocol: ProtocolName = 'openai-chat';
