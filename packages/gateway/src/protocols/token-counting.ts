import type { ChatRequest } from '../canonical/conversation.ts';
import type { JsonObject } from '../canonical/json.ts';
import type { ProtocolName } from '../canonical/protocol-name.ts';
import { anthropicTokenCounting } from './anthropic-messages/token-counting.ts';
import { bedrockTokenCounting } from './bedrock-converse/token-counting.ts';
import { geminiTokenCounting } from './gemini/token-counting.ts';
import { responsesTokenCounting } from './openai-responses/token-counting.ts';
import type { RequestContext } from './protocol.ts';

/** How a wire asks how many tokens a conversation has, both ways. */
export interface TokenCounting {
  /** The conversation that a caller wants counted. Throws GatewayError `invalid_request`. */
  decodeRequest(body: JsonObject): ChatRequest;
  encodeCount(tokens: number): Buffer;
  /** Path and query of a count, from those at which the same model is asked for a whole answer. */
  pathBeside(answers: string): string;
  encodeRequest(request: ChatRequest, context: RequestContext): Buffer;
  /** Undefined when the answer is none. */
  decodeCount(body: JsonObject): number | undefined;
}

const countings: Readonly<Partial<Record<ProtocolName, TokenCounting>>> = {
  'openai-responses': responsesTokenCounting,
  'anthropic-messages': anthropicTokenCounting,
  gemini: geminiTokenCounting,
  'bedrock-converse': bedrockTokenCounting,
};

/** How a wire counts tokens; undefined when it has no words for it. */
export function findTokenCounting(protocol: ProtocolName): TokenCounting | undefined {
  return countings[protocol];
}
