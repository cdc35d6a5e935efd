import { GatewayError } from '../../canonical/gateway-error.ts';

/** What a request is told whose limit or budget is not to be passed uncounted. */
export function storeIsAway(what: 'A budget' | 'A limit'): GatewayError {
  return new GatewayError(
    'store_unavailable',
    `${what} cannot be counted now, because Redis does not answer, and it is configured to refuse until it does. Try again soon.`,
    { retryAfterMs: 1_000 },
  );
}
