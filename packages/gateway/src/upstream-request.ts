import type { Exchange } from './exchange.ts';
import type { OperationAsk } from './operation-ask.ts';
import { forwardHeaders, forwardJsonHeaders } from './policies/forward-headers.ts';
import { upstreamBody } from './relay/upstream-body.ts';
import { isUnread } from './reply-body.ts';
import type { PlanStep } from './routing/plan.ts';
import type { ChatEndpoint, Target } from './routing/target.ts';
import type { OperationCall, OperationTranslation } from './translation/operation-translation.ts';
import type { Translation } from './translation/translation.ts';
import type { UpstreamRequest } from './transport/upstream-call.ts';

/** How a target is asked: over which wire, and in whose words. */
export interface UpstreamAsk {
  /** Undefined for what is no chat. */
  readonly endpoint: ChatEndpoint | undefined;
  /** Undefined: the caller's own bytes. */
  readonly translation: Translation | undefined;
  /** Of what is no chat; undefined for chats. */
  readonly operation: OperationAsk | undefined;
  /** What the target's wire had no words for and could be left out. */
  readonly dropped: readonly string[];
  /** It completes an answer that broke off. */
  readonly isResumed?: boolean;
}

/** An exchange's request as one target gets it: its path, its credential, its model's name. */
export function upstreamRequest(exchange: Exchange, step: PlanStep, ask: UpstreamAsk): UpstreamRequest {
  const { target } = step.routeTarget;
  const headers = requestHeaders(exchange, target, ask);
  return {
    origin: target.origin,
    method: exchange.method,
    path: requestPath(exchange, step, ask),
    headers,
    body: ask.translation?.body ?? upstreamBody(exchange, step, headers),
    connectMs: connectMsOf(target, exchange),
  };
}

function requestHeaders(exchange: Exchange, target: Target, ask: UpstreamAsk): string[] {
  const { operation, rawHeaders, upload } = exchange;
  const { endpoint, translation } = ask;
  const own = endpoint?.credentialHeaders ?? ask.operation?.credentialHeaders;
  const credentialHeaders = own ?? target.credentialHeaders;
  // What is written anew for its own wire means what its caller says beside it, as beta features.
  if (translation && translation.client.name !== translation.upstream.name) {
    const { streamType } = translation.upstream;
    const accept = exchange.facts.stream ? streamType.split(';', 1)[0]! : 'application/json';
    return plainHeaders(exchange, credentialHeaders, accept);
  }
  const headers =
    upload === undefined && operation !== 'proxy'
      ? forwardJsonHeaders(rawHeaders, credentialHeaders)
      : forwardHeaders(rawHeaders, {
          credentialHeaders: (operation === 'proxy' ? target.proxyHeaders : undefined) ?? credentialHeaders,
        });
  // What is read on its way must come as it is.
  const accepted = isUnread(exchange) ? exchange.headers['accept-encoding'] : undefined;
  headers.push('accept-encoding', accepted === undefined ? 'identity' : String(accepted));
  return headers;
}

/** Headers of the caller that mean the same on every wire, lower case. */
const universalHeaders = ['user-agent', 'traceparent', 'tracestate', 'x-request-id', 'idempotency-key'] as const;

/** What the caller says about its own wire would be wrong on another, so only what is about neither goes along. */
function plainHeaders({ headers }: Exchange, credentialHeaders: readonly string[], accept: string): string[] {
  const list = ['content-type', 'application/json', 'accept', accept, 'accept-encoding', 'identity'];
  for (const name of universalHeaders) {
    const value = headers[name];
    if (typeof value === 'string') list.push(name, value);
  }
  list.push(...credentialHeaders);
  return list;
}

/** One call of an operation that goes out in another wire. */
export function operationRequest(
  exchange: Exchange,
  target: Target,
  { credentialHeaders }: OperationTranslation,
  { path, body }: OperationCall,
): UpstreamRequest {
  const headers = plainHeaders(exchange, credentialHeaders, 'application/json');
  return { origin: target.origin, method: 'POST', path, headers, body, connectMs: connectMsOf(target, exchange) };
}

/** The plan offers a target only where it has a path for the operation. */
function requestPath(exchange: Exchange, step: PlanStep, { endpoint, operation: ask }: UpstreamAsk): string {
  const { operation, query, tail, facts } = exchange;
  const { target } = step.routeTarget;
  if (endpoint) return endpoint.pathOf({ model: step.upstreamModel, stream: facts.stream })!;
  if (ask?.path !== undefined) return ask.path;
  if (operation !== 'proxy') return target.pathOf(operation, step.upstreamModel, tail)!;
  const path = target.pathOf('proxy', step.upstreamModel, tail.slice(1)) ?? `${target.proxyBase}${tail}`;
  const queries = [target.proxyQuery, query].filter((part) => part !== '').join('&');
  return queries === '' ? path : `${path}?${queries}`;
}

function connectMsOf({ operationTimeouts, timeouts }: Target, { operation }: Exchange): number {
  return (operationTimeouts?.[operation] ?? timeouts).connectMs;
}
