import { estimateTokens } from './canonical/estimate-tokens.ts';
import type { AttemptRecord } from './canonical/exchange.ts';
import { type Usage, unfinishedUsage } from './canonical/usage.ts';
import type { Exchange } from './exchange.ts';
import type { AttemptOutcome } from './relay/attempt-outcome.ts';
import { mostOutput } from './request-facts.ts';
import { chargingOf, roughInputTokens, USUAL_OUTPUT } from './rough-tokens.ts';
import { readConversation } from './translation/translation.ts';

/** What an attempt took, as far as that is known. */
export type AttemptUse = Pick<AttemptRecord, 'usage' | 'isEstimated' | 'isUseUnknown'>;

const nothing: AttemptUse = { usage: undefined };
const unknown: AttemptUse = { usage: undefined, isUseUnknown: true };

/**
 * What an attempt took: as its provider reports it, or an estimate where the provider took the request on and did not say
 * to the end. A report of nothing stays one.
 */
export function useOfAttempt(exchange: Exchange, { usage, unreported }: AttemptOutcome): AttemptUse {
  if (unreported === undefined) return usage === undefined ? nothing : { usage };
  switch (chargingOf(exchange.operation)) {
    case 'both':
      return estimated(usage, estimateOf(exchange, unreported.outputTokens));
    case 'input':
      return estimated(usage, { input: roughInputTokens(exchange), output: 0 });
    case 'nothing':
      return nothing;
    case 'unknown':
      return unknown;
  }
}

function estimated(told: Usage | undefined, estimate: Usage): AttemptUse {
  return { usage: unfinishedUsage(told, estimate), isEstimated: true };
}

/**
 * Of an answer that comes as a whole and did not, as much is taken to have been made as is usual. What was counted of one
 * may be its bytes alone.
 */
function estimateOf(exchange: Exchange, counted: number | undefined): Usage {
  const isByBytes = counted !== undefined && !exchange.facts.stream;
  const outputTokens = isByBytes ? Math.min(counted, mostOutput(exchange)) : counted;
  const conversation = conversationOf(exchange);
  if (conversation === undefined) return { input: roughInputTokens(exchange), output: outputTokens ?? USUAL_OUTPUT };
  const usual = Math.min(USUAL_OUTPUT, conversation.maxOutputTokens ?? USUAL_OUTPUT);
  return { input: estimateTokens(conversation), output: outputTokens ?? usual };
}

/**
 * The request, read for the few attempts that need an estimate: by the length of its bytes a picture would come to a
 * hundred times what it takes.
 */
function conversationOf(exchange: Exchange): Exchange['conversation'] {
  const { body, facts, operation, protocol } = exchange;
  if (body === undefined || operation === 'completions') return undefined;
  try {
    exchange.conversation ??= readConversation(protocol, body, facts);
    return exchange.conversation;
  } catch {
    // A relayed request need not be one that the gateway understands.
    return undefined;
  }
}
