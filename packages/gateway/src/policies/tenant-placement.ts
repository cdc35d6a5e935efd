import type { Principal } from '../canonical/exchange.ts';
import type { NamespaceSettings } from '../stores/tenant-store.ts';
import type { KeyAnswer, KeyLookup, TenantAnswer } from './key-lookup.ts';
import { withinNamespaces } from './namespaces.ts';

/** What the configuration says of tenants, by their ids. */
export type Tenants = ReadonlyMap<string, NamespaceSettings>;

/** Puts a principal below its tenant of the configuration: the same object for the same principal. */
export function createRestriction(tenants: Tenants): (principal: Principal) => Principal {
  if (tenants.size === 0) return (principal) => principal;
  const known = new WeakMap<Principal, Principal>();
  return (principal) => {
    const { tenant: id } = principal;
    const settings = id === undefined ? undefined : tenants.get(id);
    if (id === undefined || settings === undefined) return principal;
    const found = known.get(principal);
    if (found !== undefined) return found;
    const restricted = withinNamespaces(principal, [{ scope: 'tenant', id, settings }]);
    known.set(principal, restricted);
    return restricted;
  };
}

/** A key of the configuration as its tenant has it, in the record and in the configuration. */
export type Placement = (principal: Principal) => Principal | KeyAnswer | Promise<Principal | KeyAnswer>;

/** The same object for the same principal, for as long as the record says the same of its tenant. */
export function createPlacement(record: KeyLookup, restrict: (principal: Principal) => Principal): Placement {
  const placed = new WeakMap<Principal, { readonly answer: TenantAnswer; readonly principal: Principal }>();
  const place = (principal: Principal, answer: TenantAnswer): Principal | KeyAnswer => {
    if ('refusal' in answer) return answer;
    const known = placed.get(principal);
    if (known?.answer === answer) return known.principal;
    const { namespaces, organisation } = answer;
    const own = organisation === undefined ? principal : { ...principal, organisation };
    const fresh = restrict(withinNamespaces(own, namespaces));
    placed.set(principal, { answer, principal: fresh });
    return fresh;
  };
  return (principal) => {
    if (principal.tenant === undefined) return principal;
    const answer = record.findTenant(principal.tenant);
    return answer instanceof Promise ? answer.then((late) => place(principal, late)) : place(principal, answer);
  };
}
