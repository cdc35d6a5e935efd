import { estimateTokens } from './canonical/estimate-tokens.ts';
import type { AttemptRecord } from './canonical/exchange.ts';
import { type Usage, unfinishedUsage } from './canonical/usage.ts';
import type { Exchange } from './exchange.ts';
import type { ModelCatalogue } from './pricing/model-catalogue.ts';
import type { AttemptOutcome } from './relay/attempt-outcome.ts';
import { inputEstimate, mostOutput, usualOutput } from './request-facts.ts';
import { chargingOf, roughInputTokens } from './rough-tokens.ts';
import type { PlanStep } from './routing/plan.ts';
import { readConversation } from './translation/translation.ts';

/** What an attempt took, as far as that is known. */
export type AttemptUse = Pick<AttemptRecord, 'usage' | 'isEstimated' | 'isUseUnknown'>;

/** What tells how much an attempt that broke off has thought; where it is asked for, there was no report to the end. */
export interface AskedModel {
  readonly models: Pick<ModelCatalogue, 'find'>;
  readonly step: PlanStep;
  /** Milliseconds since it was asked. */
  readonly askedMs: number;
}

/**
 * Tokens that a model which thinks makes in a second, thoughts among them: as few as slow ones do. What it thinks is not seen,
 * and told at the end alone; see docs/adr/0028.
 */
const THINKING_PACE = 50;

const nothing: AttemptUse = { usage: undefined };
const unknown: AttemptUse = { usage: undefined, isUseUnknown: true };

/**
 * What an attempt took: as its provider reports it, or an estimate where the provider took the request on and did not say
 * to the end. A report of nothing stays one.
 */
export function useOfAttempt(exchange: Exchange, outcome: AttemptOutcome, asked: AskedModel | undefined): AttemptUse {
  const { failure, unreported, usage } = outcome;
  if (unreported === undefined) return usage === undefined ? nothing : { usage };
  switch (chargingOf(exchange.operation)) {
    case 'both':
      return estimated(usage, estimateOf(exchange, unreported.outputTokens, failure && asked));
    case 'input':
      return estimated(usage, inputEstimate(exchange));
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
function estimateOf(exchange: Exchange, counted: number | undefined, asked: AskedModel | undefined): Usage {
  const isByBytes = counted !== undefined && !exchange.facts.stream;
  const outputTokens = isByBytes ? Math.min(counted, mostOutput(exchange)) : counted;
  const conversation = conversationOf(exchange);
  const thought = asked !== undefined && thinks(exchange, conversation, asked) ? outputWithin(exchange, asked) : 0;
  const input = conversation === undefined ? roughInputTokens(exchange) : estimateTokens(conversation);
  return { input, output: Math.max(outputTokens ?? usualOutput(exchange), thought) };
}

/** Whether the model thinks before it answers: as the request says, or where it says nothing, as is known of the model. */
function thinks({ clock }: Exchange, conversation: Exchange['conversation'], { models, step }: AskedModel): boolean {
  const wish = conversation?.reasoning;
  if (wish !== undefined && (wish.mode ?? wish.effort ?? wish.budgetTokens) !== undefined) {
    return wish.mode !== 'off' && wish.effort !== 'none' && wish.budgetTokens !== 0;
  }
  const { resolution, routeTarget, upstreamModel: model } = step;
  if (model === undefined) return false;
  const { requestedModel } = resolution;
  const facts = models.find({ provider: routeTarget.target.kind, model, requestedModel, at: clock.wallNow() });
  return facts?.capabilities?.reasoning === true;
}

/** Tokens that were made since the model was asked, at most what the caller allows. */
function outputWithin(exchange: Exchange, { askedMs }: AskedModel): number {
  // Several answers are thought of side by side.
  const pace = THINKING_PACE * Math.max(1, exchange.facts.choices);
  return Math.min(mostOutput(exchange), Math.floor((askedMs * pace) / 1_000));
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
