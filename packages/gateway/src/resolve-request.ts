import { GatewayError } from './canonical/gateway-error.ts';
import { isObject } from './canonical/json.ts';
import type { Exchange } from './exchange.ts';
import {
  checkForwardScope,
  checkFurtherModels,
  checkModelScope,
  checkTargetScope,
  checkToldUse,
} from './policies/key-scopes.ts';
import { checkModelSpelling } from './policies/repeated-members.ts';
import { isNeverTold } from './rough-tokens.ts';
import type { Catalog } from './routing/catalog.ts';
import { modelOf, type Resolution } from './routing/target.ts';
import { routingFactsOf } from './routing-facts.ts';

/** The route of a request. Throws GatewayError where its model leads nowhere, or is not for who asks. */
export function resolveRequest(catalog: Catalog, exchange: Exchange): Resolution {
  const facts = routingFactsOf(exchange);
  const resolution = catalog.resolve(facts);
  exchange.requestedModel = modelOf(facts);
  // Who may not use a model does not learn either whether there is one.
  checkModelScope(exchange.principal.scopes, exchange.requestedModel);
  checkFurtherModels(exchange.principal.scopes, exchange.parsedBody?.outline);
  if (exchange.principal.scopes?.models !== undefined) checkBody(exchange);
  if (exchange.operation === 'proxy') checkForwardScope(exchange.principal);
  if (isNeverTold(exchange)) checkToldUse(exchange.principal);
  if (resolution instanceof GatewayError) throw resolution;
  checkTargetScope(exchange.principal.scopes, resolution.route.tiers);
  exchange.modelLabel = resolution.route.label;
  return resolution;
}

function checkBody({ body, parsedBody }: Exchange): void {
  const outline = parsedBody?.outline;
  if (body !== undefined && isObject(outline)) checkModelSpelling(outline, body);
}
