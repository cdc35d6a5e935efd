import type { ProtocolName } from '../../canonical/protocol-name.ts';

/** The wire of this folder, as the origin of what only it can read. */
export const WIRE = 'anthropic-messages' satisfies ProtocolName;
