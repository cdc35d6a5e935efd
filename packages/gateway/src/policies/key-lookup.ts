import type { Principal } from '../canonical/exchange.ts';
import type { Namespace } from './namespaces.ts';

/** Why a key is not good any more, or never was. */
export type KeyRefusal = 'unknown' | 'revoked' | 'expired' | 'replaced' | 'inactive' | 'administers';

/** What is known of a key: who sends it, or why it is refused. */
export type KeyAnswer = { readonly principal: Principal } | { readonly refusal: KeyRefusal };

/** What the record says of a tenant, and of the organisation above it; nothing where it has none of this id. */
export type TenantAnswer =
  | { readonly namespaces: readonly Namespace[]; readonly organisation: string | undefined }
  | { readonly refusal: 'inactive' };

/**
 * Finds the principal of a key of the record by the SHA-256 of the key, in hex. A key that was asked for lately is
 * answered at once; another one takes a promise, which rejects with `store_unavailable` where the record does not answer
 * and nothing is remembered. `inactive`: its team, tenant or organisation is; `administers`: it is no key of callers.
 */
export interface KeyLookup {
  find(hash: string): KeyAnswer | Promise<KeyAnswer>;
  /** The same of a tenant by its id, for a key of the configuration: one object until it is read anew. */
  findTenant(id: string): TenantAnswer | Promise<TenantAnswer>;
}
