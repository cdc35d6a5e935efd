import type { IncomingHttpHeaders } from 'node:http';
import type { Exchange } from './exchange.ts';
import type { RoutingFacts } from './routing/target.ts';

/** What routing knows of an exchange. */
export function routingFactsOf({ facts, headers, operation, pathModel, principal }: Exchange): RoutingFacts {
  return {
    pathModel,
    bodyModel: facts.model,
    operation,
    stream: facts.stream,
    tenant: principal.tenant,
    keyName: principal.name,
    region: undefined,
    header: (name) => firstHeader(headers, name),
  };
}

/** A header by its lower-case name; of one that was sent several times the first. */
export function firstHeader(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
