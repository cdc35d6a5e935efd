import type { IncomingHttpHeaders } from 'node:http';
import type { Exchange } from './exchange.ts';
import type { RoutingFacts } from './routing/target.ts';

/** What routing knows of an exchange. */
export function routingFactsOf({ facts, headers, operation, pathModel, principal }: Exchange): RoutingFacts {
  return {
    pathModel,
    bodyModel: facts.model || defaultModelOf(operation, principal),
    operation,
    stream: facts.stream,
    tenant: principal.tenant,
    keyName: principal.name,
    region: undefined,
    header: (name) => firstHeader(headers, name),
  };
}

/** The model of a tenant's conversations that name none; what is no conversation goes where it always goes. */
function defaultModelOf(operation: Exchange['operation'], { overrides }: Exchange['principal']): string | undefined {
  return overrides !== undefined && talks.has(operation) ? overrides.defaultModel : undefined;
}

const talks: ReadonlySet<Exchange['operation']> = new Set(['chat', 'responses', 'completions', 'count_tokens']);

/** A header by its lower-case name; of one that was sent several times the first. */
export function firstHeader(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
