import type { AttemptRing } from './attempt-ring.ts';
import type { Clock } from './canonical/clock.ts';
import type { LedgerEntry } from './canonical/exchange.ts';
import { GatewayError } from './canonical/gateway-error.ts';
import { cancelError, type Exchange } from './exchange.ts';
import type { InboundBody } from './inbound-body.ts';
import { type RequestPolicy, runRing } from './policies/request-policy.ts';
import { findProtocol } from './protocols/find-protocol.ts';
import { failureError, replyToFailure } from './relay/failure-reply.ts';
import { addReplyTrail } from './reply-trail.ts';
import type { ReadRequest } from './request-reader.ts';
import type { Failure } from './resilience/failure.ts';
import type { Catalog } from './routing/catalog.ts';
import type { Plan } from './routing/plan.ts';
import type { Resolution } from './routing/target.ts';
import type { Slot, SlotPool, SlotRefusal, SlotStore } from './stores/slot-store.ts';

/** What the hot path is made of, compiled from one configuration. */
export interface InferenceParts {
  readonly clock: Clock;
  /** Before the body is read: addresses, hosts, keys, rate limits. */
  readonly headPolicies: readonly RequestPolicy[];
  /** After it: signatures. */
  readonly bodyPolicies: readonly RequestPolicy[];
  readonly readRequest: ReadRequest;
  readonly catalog: Catalog;
  readonly createPlan: (resolution: Resolution, exchange: Exchange) => Plan;
  readonly noTargetError: (resolution: Resolution, exchange: Exchange) => GatewayError;
  readonly attemptRing: AttemptRing;
  readonly slots: SlotStore;
  readonly admission: SlotPool;
  /** Milliseconds an exchange may take in all. */
  readonly timeoutMs: (exchange: Exchange) => number;
  /** Headers on every reply of an exchange. */
  readonly securityHeaders: (exchange: Exchange) => readonly string[];
  readonly scrub: (text: string) => string;
  readonly onRetry: (provider: string) => void;
  readonly settle: (entry: LedgerEntry) => void;
  readonly reportInternal: (error: unknown, exchange: Exchange) => void;
}

export type Inference = (exchange: Exchange, body: InboundBody) => Promise<void>;

/**
 * The hot path. One exchange: request ring → body → route → queue → plan → attempts → settle. It ends exactly once,
 * with one reply and one ledger entry, whatever happens on the way.
 */
export function createInference(parts: InferenceParts): Inference {
  return async function infer(exchange, inbound) {
    let outcome: LedgerEntry['outcome'] = 'completed';
    try {
      const pending = runRing(parts.headPolicies, exchange);
      if (pending) await pending;
      await parts.readRequest(exchange, inbound);
      const checking = runRing(parts.bodyPolicies, exchange);
      if (checking) await checking;
      const resolution = resolve(parts.catalog, exchange);
      const admitted = admit(parts, exchange);
      const slot = admitted instanceof Promise ? await admitted : admitted;
      try {
        outcome = await answer(parts, exchange, resolution);
      } finally {
        slot.release();
      }
    } catch (error) {
      outcome = refuse(parts, exchange, error);
    }
    parts.settle(exchange.toLedgerEntry(outcome));
  };
}

function resolve(catalog: Catalog, exchange: Exchange): Resolution {
  const { facts, headers, principal } = exchange;
  const resolution = catalog.resolve({
    pathModel: exchange.pathModel,
    bodyModel: facts.model,
    operation: exchange.operation,
    stream: facts.stream,
    tenant: principal.tenant,
    keyName: principal.name,
    region: undefined,
    header: (name) => {
      const value = headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
  });
  exchange.requestedModel = exchange.pathModel ?? facts.model;
  if (resolution instanceof GatewayError) throw resolution;
  exchange.modelLabel = resolution.route.label;
  return resolution;
}

/** A place among the requests being served, after a wait where there is none free. */
function admit({ admission, clock, slots }: InferenceParts, exchange: Exchange): Slot | Promise<Slot> {
  exchange.throwIfCancelled();
  const slot = slots.acquire(admission, exchange);
  if (!(slot instanceof Promise)) return granted(slot, exchange, admission);
  const queuedAt = clock.now();
  return slot.then((late) => {
    exchange.queuedMs = clock.now() - queuedAt;
    return granted(late, exchange, admission);
  });
}

function granted(slot: Slot | SlotRefusal, exchange: Exchange, admission: SlotPool): Slot {
  if (typeof slot === 'object') return slot;
  if (slot === 'aborted') throw cancelError(exchange.cancelReason ?? 'client_closed');
  if (slot === 'full') {
    throw new GatewayError('queue_full', `The gateway is busy and its queue of ${admission.maxQueue} is full.`, {
      retryAfterMs: 1_000,
    });
  }
  throw new GatewayError('queue_timeout', 'The request waited too long for its turn.', { retryAfterMs: 1_000 });
}

/** Follows the plan until an attempt succeeds, bytes have gone out, or nothing is left to try. */
async function answer(
  parts: InferenceParts,
  exchange: Exchange,
  resolution: Resolution,
): Promise<LedgerEntry['outcome']> {
  const { clock } = parts;
  const deadline = exchange.startedAt + parts.timeoutMs(exchange);
  const plan = parts.createPlan(resolution, exchange);
  let failure: Failure | undefined;
  for (;;) {
    const step = plan.next(failure, clock.now(), deadline);
    if (!step) break;
    if (failure) parts.onRetry(step.routeTarget.target.provider);
    if (step.delayMs > 0) {
      exchange.waitedMs += step.delayMs;
      await exchange.wait(step.delayMs);
    }
    exchange.throwIfCancelled();
    const outcome = await parts.attemptRing(exchange, step, deadline);
    failure = outcome.failure;
    if (!failure) return 'completed';
    if (outcome.isCommitted) return breakOff(exchange, failure);
    if (exchange.cancelReason) throw cancelError(exchange.cancelReason);
    if (exchange.uploadFault) throw exchange.uploadFault;
    // All were out before, and the least bad one still is: say when to come again.
    if (step.isLastResort && failure.status === 0) throw parts.noTargetError(resolution, exchange);
    if (!mayRepeat(exchange, failure)) break;
  }
  if (!failure) throw parts.noTargetError(resolution, exchange);
  return replyFailed(parts, exchange, failure);
}

/** Methods that mean the same when they are sent twice (RFC 9110, section 9.2.2). */
const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** Whether the request may go out again after this failure. */
function mayRepeat({ upload, operation, method }: Exchange, { kind }: Failure): boolean {
  if (kind === 'target_busy' || kind === 'inexpressible') return true;
  // A body that flowed is gone: another target would get what is left of it, and answer that.
  if (upload) return false;
  // What an unknown path did before it failed is not known either.
  const wasNeverSent = kind === 'connect_failed' || kind === 'connect_timeout' || kind === 'credential_refused';
  return operation !== 'proxy' || wasNeverSent || idempotent.has(method);
}

/** The answer broke after its first byte: say so in band, and end without anything that looks like an end. */
function breakOff(exchange: Exchange, failure: Failure): LedgerEntry['outcome'] {
  if (exchange.cancelReason === 'client_closed') {
    exchange.status = 499;
    exchange.failure = 'client_closed';
    exchange.sink.cut();
    return 'client_closed';
  }
  const cancelled = exchange.cancelReason ? cancelError(exchange.cancelReason) : undefined;
  exchange.failure = cancelled?.kind ?? failure.kind;
  const error = cancelled ?? failureError(failure);
  if (exchange.facts.stream) exchange.sink.end(inBandError(exchange, error));
  else exchange.sink.cut();
  return 'failed';
}

function inBandError({ protocol, streamAsk }: Exchange, error: GatewayError): Buffer {
  const { client } = findProtocol(protocol);
  const inArray = streamAsk === 'array' ? client.encodeArrayError : undefined;
  return (inArray ?? client.encodeErrorEvent)(error);
}

/** No attempt succeeded: the caller gets the last failure. */
function replyFailed(parts: InferenceParts, exchange: Exchange, failure: Failure): LedgerEntry['outcome'] {
  const isOwnWire = exchange.upstreamProtocol === undefined || exchange.upstreamProtocol === exchange.protocol;
  const reply = replyToFailure(failure, { scrub: parts.scrub, isOwnWire, protocol: exchange.protocol });
  exchange.failure = failure.kind;
  if (reply.kind === 'gateway') {
    sendError(parts, exchange, reply.error);
    return 'failed';
  }
  const headers = ['content-type', reply.contentType, 'content-length', String(reply.body.length)];
  send(parts, exchange, reply.status, headers, reply.body);
  return 'failed';
}

/** An error thrown on the way: the gateway's own refusals, and faults of its own that must not pass for anything else. */
function refuse(parts: InferenceParts, exchange: Exchange, thrown: unknown): LedgerEntry['outcome'] {
  const isClientGone = exchange.cancelReason === 'client_closed';
  if (isClientGone || (thrown instanceof GatewayError && thrown.kind === 'client_closed')) {
    exchange.status = 499;
    exchange.failure = 'client_closed';
    exchange.sink.cut();
    return 'client_closed';
  }
  let error: GatewayError;
  if (thrown instanceof GatewayError) {
    error = thrown;
  } else {
    parts.reportInternal(thrown, exchange);
    error = new GatewayError('internal', 'The gateway failed; its log has the reason under this request id.');
  }
  exchange.failure = error.kind;
  sendError(parts, exchange, error);
  return error.status >= 500 ? 'failed' : 'rejected';
}

function sendError(parts: InferenceParts, exchange: Exchange, error: GatewayError): void {
  const { status, contentType, body, headers: added } = findProtocol(exchange.protocol).client.encodeError(error);
  const headers = ['content-type', contentType, 'content-length', String(body.length), ...added];
  // The rest of a body that is too large is not worth reading.
  if (error.kind === 'payload_too_large') headers.push('connection', 'close');
  send(parts, exchange, status, headers, body);
}

function send(parts: InferenceParts, exchange: Exchange, status: number, headers: string[], body: Buffer): void {
  exchange.status = status;
  headers.push(...parts.securityHeaders(exchange));
  addReplyTrail(exchange, headers);
  exchange.sink.head(status, headers);
  exchange.sink.end(body);
}
