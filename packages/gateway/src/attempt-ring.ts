import type { AttemptRecord } from './canonical/exchange.ts';
import type { Exchange } from './exchange.ts';
import { forwardHeaders, forwardJsonHeaders } from './policies/forward-headers.ts';
import { EventStreamReader } from './protocols/event-stream-reader.ts';
import { ChatStreamReader } from './protocols/openai-chat/stream-reader.ts';
import { ResponsesStreamReader } from './protocols/openai-responses/stream-reader.ts';
import type { StreamReader } from './protocols/stream-reader.ts';
import { Attempt, type AttemptLimits, type AttemptOutcome, failureOf, type ReplyBody } from './relay/attempt.ts';
import { RawReply } from './relay/raw-reply.ts';
import { readUnary } from './relay/read-unary.ts';
import { StreamReply } from './relay/stream-reply.ts';
import { UnaryReply } from './relay/unary-reply.ts';
import { upstreamBody } from './relay/upstream-body.ts';
import type { Failure } from './resilience/failure.ts';
import type { HealthRegistry } from './resilience/health.ts';
import type { PlanStep } from './routing/plan.ts';
import type { Target } from './routing/target.ts';
import type { TargetLoad } from './routing/target-load.ts';
import type { LimitStore } from './stores/limit-store.ts';
import type { Slot, SlotStore } from './stores/slot-store.ts';
import type { Transport, UpstreamRequest } from './transport/upstream-call.ts';

export interface AttemptRingParts {
  readonly transport: Transport;
  readonly health: HealthRegistry;
  readonly load: TargetLoad;
  readonly slots: SlotStore;
  readonly limits: LimitStore;
  /** Limits of the gateway's own are announced under the usual header names. */
  readonly announcesLimits: boolean;
  readonly securityHeaders: (exchange: Exchange) => readonly string[];
}

/** One attempt with everything around it: target limits → bulkhead → health → relay → records. */
export interface AttemptRing {
  (exchange: Exchange, step: PlanStep, deadline: number): Promise<AttemptOutcome>;
  /** Headers by which a reply tells its request id and its attempts. */
  ownHeaders(exchange: Exchange): string[];
}

const MAX_HELD_ANSWER = 4 * 1024 * 1024;
const MAX_EVENT_BYTES = 16 * 1024 * 1024;
const IDENTITY = ['accept-encoding', 'identity'] as const;

export function createAttemptRing(parts: AttemptRingParts): AttemptRing {
  async function attemptRing(exchange: Exchange, step: PlanStep, deadline: number): Promise<AttemptOutcome> {
    const { clock } = exchange;
    const { target } = step.routeTarget;
    const startedAt = clock.now();
    const slot = await enterTarget(parts, exchange, target);
    if ('kind' in slot) {
      // Who left while waiting for the target was never tried there.
      return slot.kind === 'cancelled' ? refused(slot) : record(parts, exchange, step, startedAt, refused(slot));
    }
    parts.load.enter(target.id);
    try {
      if (exchange.cancelReason) {
        parts.health.abandonTrial(target.healthId);
        return refused(failureOf('cancelled', 'cancelled before the target was asked'));
      }
      exchange.attemptStartedAt = clock.now();
      const attempt = new Attempt({
        transport: parts.transport,
        clock,
        request: upstreamRequest(exchange, step),
        limits: limitsOf(exchange, step, deadline),
        body: replyBody(parts, exchange, step),
        renameRateLimits: parts.announcesLimits,
      });
      exchange.whileCancellable((reason) => attempt.cancel(reason));
      const outcome = await attempt.run();
      exchange.whileCancellable(undefined);
      return record(parts, exchange, step, startedAt, outcome);
    } finally {
      parts.load.leave(target.id);
      slot.release();
    }
  }
  return Object.assign(attemptRing, { ownHeaders });
}

const freeSlot: Slot = { release: () => {} };

/** Outgoing limits and the bulkhead of a target; a target that is busy is a reason to try another at once. */
async function enterTarget(parts: AttemptRingParts, exchange: Exchange, target: Target): Promise<Slot | Failure> {
  if (target.limits.length > 0) {
    const claims = target.limits.map((rule) => ({ rule, key: target.id, cost: 1 }));
    const verdict = await parts.limits.take(claims);
    if (!verdict.allowed) {
      const failure = failureOf('target_busy', `the limit of requests to ${target.id} is spent`);
      return { ...failure, retryAfterMs: verdict.retryAfterMs };
    }
  }
  if (!claimHealth(parts.health, target)) return failureOf('target_busy', `${target.id} is being tried already`);
  if (!target.bulkhead) return freeSlot;
  const slot = await parts.slots.acquire(target.bulkhead, exchange);
  if (typeof slot === 'object') return slot;
  parts.health.abandonTrial(target.healthId);
  return slot === 'aborted'
    ? failureOf('cancelled', 'cancelled while waiting for the target')
    : failureOf('target_busy', `${target.id} serves as many requests as it may`);
}

/** A target that is out gets one request at a time, until one succeeds. */
function claimHealth(health: HealthRegistry, target: Target): boolean {
  if (health.isUsable(target.healthId)) return true;
  if (health.canTry(target.healthId)) return health.beginTrial(target.healthId);
  // Offered although it is out: the plan had nothing better.
  health.forceTrial(target.healthId);
  return true;
}

function refused(failure: Failure): AttemptOutcome {
  return { failure, isCommitted: false, status: 0, usage: undefined, responseModel: undefined };
}

function upstreamRequest(exchange: Exchange, step: PlanStep): UpstreamRequest {
  const { target } = step.routeTarget;
  const { operation, rawHeaders } = exchange;
  const isProxy = operation === 'proxy';
  const isPlainJson = exchange.upload === undefined && !isProxy;
  const headers = isPlainJson
    ? forwardJsonHeaders(rawHeaders, target.credentialHeaders)
    : forwardHeaders(rawHeaders, { credentialHeaders: target.proxyHeaders ?? target.credentialHeaders });
  if (isRaw(exchange)) headers.push('accept-encoding', String(exchange.headers['accept-encoding'] ?? 'identity'));
  else headers.push(IDENTITY[0], IDENTITY[1]);
  return {
    origin: target.origin,
    method: exchange.method,
    path: isProxy ? proxyPath(exchange, target) : target.pathOf(operation, step.upstreamModel, exchange.tail)!,
    headers,
    body: upstreamBody(exchange, step, headers),
    connectMs: target.timeouts.connectMs,
  };
}

function proxyPath(exchange: Exchange, target: Target): string {
  const query = [target.proxyQuery, exchange.query].filter((part) => part !== '').join('&');
  return `${target.proxyBase}${exchange.tail}${query === '' ? '' : `?${query}`}`;
}

function limitsOf(exchange: Exchange, step: PlanStep, deadline: number): AttemptLimits {
  const { timeouts } = step.routeTarget.target;
  const { stream } = exchange.facts;
  const ownTotal = stream ? timeouts.streamTotalMs : timeouts.unaryTotalMs;
  const leftMs = deadline - exchange.clock.now();
  const totalMs = Math.max(1, Math.min(ownTotal, leftMs));
  // Giving up on a slow target pays only while another may answer; the last one gets the time there is.
  const patient = Math.max(timeouts.idleMs, stream ? timeouts.streamHeadersMs : timeouts.unaryHeadersMs);
  const strictHeaders = stream ? timeouts.streamHeadersMs : timeouts.unaryHeadersMs;
  const lastHeaders = stream ? patient : totalMs;
  return {
    headersMs: step.hasAlternative ? strictHeaders : lastHeaders,
    firstTokenMs: stream ? (step.hasAlternative ? timeouts.firstTokenMs : patient) : undefined,
    idleMs: timeouts.idleMs,
    totalMs,
    isTotalOfExchange: leftMs <= ownTotal,
  };
}

/** Operations whose replies are not read: audio, images, forwarded paths. */
function isRaw(exchange: Exchange): boolean {
  const { operation } = exchange;
  if (operation === 'images') return !exchange.facts.stream;
  return operation === 'proxy' || operation === 'speech' || operation === 'transcription';
}

function replyBody(parts: AttemptRingParts, exchange: Exchange, step: PlanStep): ReplyBody {
  const { facts, operation, sink } = exchange;
  const onReplyHeaders = (): readonly string[] => {
    commit(exchange, step);
    return [...parts.securityHeaders(exchange), ...ownHeaders(exchange)];
  };
  if (isRaw(exchange)) return new RawReply({ sink, ownHeaders: onReplyHeaders });
  if (!facts.stream) {
    const read = (bytes: Buffer) => readUnary(bytes, operation);
    return new UnaryReply({ sink, ownHeaders: onReplyHeaders, read, maxHeldBytes: MAX_HELD_ANSWER });
  }
  return new StreamReply({
    sink,
    ownHeaders: onReplyHeaders,
    reader: streamReader(exchange),
    maxEventBytes: MAX_EVENT_BYTES,
  });
}

function streamReader(exchange: Exchange): StreamReader {
  const { facts, operation } = exchange;
  if (operation === 'chat' || operation === 'completions') {
    return new ChatStreamReader({ choices: facts.choices, hideUsage: !facts.includeUsage });
  }
  return operation === 'responses' ? new ResponsesStreamReader() : new EventStreamReader();
}

/** The answer begins: from here on it is this target's. */
function commit(exchange: Exchange, step: PlanStep): void {
  const { target } = step.routeTarget;
  const now = exchange.clock.now();
  exchange.firstByteAt = now;
  exchange.waitedMs += now - exchange.attemptStartedAt;
  exchange.provider = target.provider;
  exchange.targetId = target.id;
  exchange.targetModel = step.upstreamModel;
}

/** Writes down how an attempt ended, for health, ledger and trail. */
function record(
  parts: AttemptRingParts,
  exchange: Exchange,
  step: PlanStep,
  startedAt: number,
  outcome: AttemptOutcome,
): AttemptOutcome {
  const { target } = step.routeTarget;
  const { failure } = outcome;
  const now = exchange.clock.now();
  if (exchange.firstByteAt === undefined) exchange.waitedMs += now - startedAt;
  if (outcome.isCommitted) {
    exchange.usage = outcome.usage;
    exchange.responseModel = outcome.responseModel;
    exchange.status = outcome.status;
  }
  const attempt: AttemptRecord = {
    targetId: target.id,
    provider: target.provider,
    upstreamModel: step.upstreamModel,
    outcome: failure?.kind ?? 'ok',
    status: outcome.status,
    durationMs: now - startedAt,
  };
  exchange.attempts.push(attempt);
  if (failure?.kind !== 'target_busy') reportHealth(parts.health, target, failure);
  return outcome;
}

function reportHealth(health: HealthRegistry, target: Target, failure: Failure | undefined): void {
  if (!failure) health.reportSuccess(target.healthId);
  else if (failure.kind === 'cancelled') health.abandonTrial(target.healthId);
  else health.reportFailure(target.healthId, failure.kind);
}

function ownHeaders(exchange: Exchange): string[] {
  const { attempts, targetId } = exchange;
  const headers = ['x-request-id', exchange.id];
  for (const part of exchange.replyHeaders) headers.push(part);
  if (targetId !== undefined) headers.push('x-gateway-target', targetId);
  let trail = '';
  for (const { targetId: id, outcome, status } of attempts) {
    trail += `${id} ${outcome}${status > 0 && outcome !== 'ok' ? ` ${status}` : ''}, `;
  }
  if (targetId !== undefined && exchange.firstByteAt !== undefined) trail += `${targetId} ok`;
  else trail = trail.slice(0, -2);
  if (trail !== '') headers.push('x-gateway-attempts', trail);
  headers.push('x-gateway-overhead-ms', exchange.overheadMs().toFixed(3));
  return headers;
}
