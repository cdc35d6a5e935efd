import type { Exchange } from './exchange.ts';
import { forwardHeaders, forwardJsonHeaders } from './policies/forward-headers.ts';
import { upstreamBody } from './relay/upstream-body.ts';
import { isUnread } from './reply-body.ts';
import type { PlanStep } from './routing/plan.ts';
import type { Target } from './routing/target.ts';
import type { UpstreamRequest } from './transport/upstream-call.ts';

/** An exchange's request as one target gets it: its path, its credential, its model's name. */
export function upstreamRequest(exchange: Exchange, step: PlanStep): UpstreamRequest {
  const { target } = step.routeTarget;
  const headers = requestHeaders(exchange, target);
  return {
    origin: target.origin,
    method: exchange.method,
    path: requestPath(exchange, step),
    headers,
    body: upstreamBody(exchange, step, headers),
    connectMs: target.timeouts.connectMs,
  };
}

function requestHeaders(exchange: Exchange, target: Target): string[] {
  const { operation, rawHeaders, upload } = exchange;
  const headers =
    upload === undefined && operation !== 'proxy'
      ? forwardJsonHeaders(rawHeaders, target.credentialHeaders)
      : forwardHeaders(rawHeaders, {
          credentialHeaders: (operation === 'proxy' ? target.proxyHeaders : undefined) ?? target.credentialHeaders,
        });
  // What is read on its way must come as it is.
  const accepted = isUnread(exchange) ? exchange.headers['accept-encoding'] : undefined;
  headers.push('accept-encoding', accepted === undefined ? 'identity' : String(accepted));
  return headers;
}

/** The plan offers a target only where it has a path for the operation. */
function requestPath(exchange: Exchange, step: PlanStep): string {
  const { operation, query, tail } = exchange;
  const { target } = step.routeTarget;
  if (operation !== 'proxy') return target.pathOf(operation, step.upstreamModel, tail)!;
  const path = target.pathOf('proxy', step.upstreamModel, tail.slice(1)) ?? `${target.proxyBase}${tail}`;
  const queries = [target.proxyQuery, query].filter((part) => part !== '').join('&');
  return queries === '' ? path : `${path}?${queries}`;
}
