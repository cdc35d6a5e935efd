import type { ChatRequest } from './canonical/conversation.ts';
import type { Exchange } from './exchange.ts';
import type { AnswerContext } from './protocols/protocol.ts';

/** What an encoder of the caller's wire knows of an exchange. `id` is for answers whose upstream gives none. */
export function answerContextOf(exchange: Exchange, request: ChatRequest, id: string): AnswerContext {
  return {
    id,
    model: exchange.requestedModel ?? exchange.targetModel ?? '',
    created: Math.floor(exchange.clock.wallNow() / 1_000),
    includeUsage: exchange.facts.includeUsage,
    request,
    isSse: exchange.streamAsk !== 'array',
  };
}
