import type { AttemptLane } from './attempt-lane.ts';
import { isObject } from './canonical/json.ts';
import type { Exchange } from './exchange.ts';
import type { OperationAsk } from './operation-ask.ts';
import { failureOf, type ReplyBody } from './relay/attempt.ts';
import { type AttemptOutcome, refused, type UnreportedUse } from './relay/attempt-outcome.ts';
import type { ReplyHost } from './relay/reply-sink.ts';
import { classifyBody } from './resilience/classify.ts';
import type { Failure } from './resilience/failure.ts';
import { tellsModelIsAbsent } from './resilience/model-absence.ts';
import type { Target } from './routing/target.ts';
import { HeldAnswer } from './translation/held-answer.ts';
import type { OperationReply, OperationTranslation } from './translation/operation-translation.ts';
import { type RewrittenAnswer, unreadable } from './translation/translated-unary.ts';
import type { UpstreamRequest } from './transport/upstream-call.ts';
import { operationRequest } from './upstream-request.ts';

/** The attempt that an operation is a part of. */
export interface OperationHost {
  readonly exchange: Exchange;
  readonly target: Target;
  readonly lane: AttemptLane;
  readonly reply: ReplyHost;
  /** The caller's own bytes, passed on. */
  readonly relay: () => Promise<AttemptOutcome>;
  /** One call of the target. */
  readonly call: (request: UpstreamRequest, body: ReplyBody) => Promise<AttemptOutcome>;
}

/** Longest answer that is held to be written anew. */
const MAX_HELD_ANSWER = 64 * 1024 * 1024;

/** The calls before the one that failed, or whose answer is none, were answered, and are charged for. */
const wasPaid: UnreportedUse = { outputTokens: 0 };

/** An operation that is no chat, or what the gateway says in place of a target that has no such operation. */
export async function runOperation(ask: OperationAsk, host: OperationHost): Promise<AttemptOutcome> {
  const outcome = await (ask.operation ? runTranslated(ask.operation, host) : host.relay());
  if (ask.standIn === undefined || !isLacking(outcome)) return outcome;
  const standIn = standInOf(ask.standIn);
  return standIn === undefined ? outcome : runTranslated(standIn, host);
}

/**
 * Whether it tells that the target does not have the operation: by its status, unless its body says that it is the model
 * which is not there, by the words of one that has it for some models only, or by an answer that is none, as some servers
 * give at every path.
 */
function isLacking({ failure, isCommitted }: AttemptOutcome): boolean {
  if (failure === undefined || isCommitted) return false;
  const { body, kind } = failure;
  if (kind === 'model_gone') return !tellsModelIsAbsent(body);
  if (kind === 'malformed') return true;
  return kind === 'caller_fault' && body?.includes("doesn't support counting tokens") === true;
}

/** Undefined where the request, which was relayed, is not one that the gateway understands, or says not all of it. */
function standInOf(make: () => OperationTranslation | undefined): OperationTranslation | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

/** An operation in another wire: its calls one after another, and the caller's answer made of theirs. */
async function runTranslated(operation: OperationTranslation, host: OperationHost): Promise<AttemptOutcome> {
  const { exchange, target } = host;
  const answers: OperationReply[] = [];
  for (const call of operation.calls) {
    const held = new HeldAnswer(MAX_HELD_ANSWER);
    const outcome = await host.call(operationRequest(exchange, target, operation, call), held);
    if (outcome.failure) return answers.length === 0 ? outcome : { ...outcome, unreported: wasPaid };
    if (host.lane.cancelReason) {
      const failure = failureOf('cancelled', 'cancelled between two calls of the target');
      return { ...refused(failure), unreported: wasPaid };
    }
    answers.push(held.reply);
  }
  const answer = rewritten(operation, answers);
  if ('kind' in answer) return answers.length > 1 ? { ...refused(answer), unreported: wasPaid } : refused(answer);
  const headers = ['content-type', 'application/json', 'content-length', String(answer.body.length)];
  host.reply.begin(headers);
  exchange.sink.head(200, headers);
  exchange.sink.end(answer.body);
  const { usage, responseModel, serviceTier } = answer;
  // An answer that no call was made for was made here.
  const unreported = usage === undefined && answers.length > 0 ? wasPaid : undefined;
  return { failure: undefined, isCommitted: true, status: 200, usage, unreported, responseModel, serviceTier };
}

function rewritten(operation: OperationTranslation, answers: readonly OperationReply[]): RewrittenAnswer | Failure {
  try {
    return operation.rewrite(answers);
  } catch (error) {
    // Some providers report failures under status 200.
    const failed = answers.find(({ body }) => isObject(body['error']));
    return failed === undefined ? unreadable(error) : classifyBody(Buffer.from(JSON.stringify(failed.body)));
  }
}
