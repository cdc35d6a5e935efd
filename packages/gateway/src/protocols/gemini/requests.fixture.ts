import type { ChatRequest, Turn } from '../../canonical/conversation.ts';
import { GatewayError } from '../../canonical/gateway-error.ts';
import type { JsonObject } from '../../canonical/json.ts';
import type { RequestQuirks } from '../protocol.ts';
import protocol from './protocol.ts';

/** What an encoder of requests is told. */
export const encoding = { model: undefined, quirks: {}, defaultMaxOutputTokens: 4096 };

/** A request of this wire's, read. */
export function decode(body: JsonObject): ChatRequest {
  const { client } = protocol;
  return client.decodeRequest(body, { ...client.readFacts(body), stream: true });
}

/** A request as an upstream gets it. */
export function encode(request: ChatRequest, quirks: RequestQuirks = {}): JsonObject {
  return JSON.parse(protocol.upstream.encodeRequest(request, { ...encoding, quirks }).toString()) as JsonObject;
}

/** A request of another wire's. */
export function foreign(turns: readonly Turn[], more: Partial<ChatRequest> = {}): ChatRequest {
  return { ...decode({ contents: [{ parts: [{ text: '' }] }] }), origin: 'openai-chat', turns, ...more };
}

/** Why something is refused: the field and the sentence. */
export function problemOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof GatewayError) return `${error.param}: ${error.message}`;
    throw error;
  }
  throw new Error('It was accepted.');
}
