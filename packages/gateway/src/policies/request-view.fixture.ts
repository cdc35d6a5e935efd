import type { RequestView } from '../canonical/exchange.ts';
import { GatewayError } from '../canonical/gateway-error.ts';
import { anonymous } from './authenticate.ts';

/** A request for tests of policies: a chat from a documentation address, with the given differences. */
export function createRequestView(differences: Partial<RequestView> = {}): RequestView {
  return {
    id: 'req-test',
    method: 'POST',
    url: '/v1/chat/completions',
    headers: {},
    operation: 'chat',
    protocol: 'openai-chat',
    clientAddress: '192.0.2.1',
    peerAddress: '192.0.2.1',
    principal: anonymous,
    body: Buffer.from('{}'),
    replyHeaders: [],
    ...differences,
  };
}

/** The GatewayError that a call throws; fails when it throws none. */
export function caught(call: () => unknown): GatewayError {
  try {
    call();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('Nothing was thrown.');
}
