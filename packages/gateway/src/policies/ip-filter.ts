import { GatewayError } from '../canonical/gateway-error.ts';
import type { SecurityConfig } from '../config/gateway-config.ts';
import { createAddressSet } from './address-set.ts';
import type { RequestPolicy } from './request-policy.ts';

/**
 * Keeps addresses out: a denied one always, and, when addresses are allowed by name, every other one. Throws `forbidden`.
 * Undefined when no filter is configured; throws while compiling on entries that are no addresses or ranges.
 */
export function createIpFilter(ipFilter: SecurityConfig['ipFilter']): RequestPolicy | undefined {
  if (ipFilter === undefined || (ipFilter.allow.length === 0 && ipFilter.deny.length === 0)) return undefined;
  const isDenied = createAddressSet(ipFilter.deny);
  const isAllowed = ipFilter.allow.length === 0 ? () => true : createAddressSet(ipFilter.allow);
  return ({ clientAddress }) => {
    if (!isDenied(clientAddress) && isAllowed(clientAddress)) return;
    throw new GatewayError('forbidden', `Requests from ${clientAddress} are not accepted by this gateway.`);
  };
}
