import type { RequestView } from '../canonical/exchange.ts';

/**
 * One station of the request ring. It lets a request pass by returning, and rejects it by throwing a GatewayError.
 * It is made once, from the configuration, and returns a promise only when it must wait for something.
 */
export type RequestPolicy = (request: RequestView) => void | Promise<void>;

/** The same policy, with what it throws told before it is thrown. */
export function tellingRefusals(
  policy: RequestPolicy,
  tell: (error: unknown, request: RequestView) => void,
): RequestPolicy {
  return function toldPolicy(request) {
    const fail = (error: unknown): never => {
      tell(error, request);
      throw error;
    };
    try {
      return policy(request)?.catch(fail);
    } catch (error) {
      return fail(error);
    }
  };
}

/**
 * Runs policies in order until one throws. It stays synchronous while the policies do, since a promise per request
 * costs more than most policies; errors are then thrown, and afterwards they reject the promise.
 */
export function runRing(policies: readonly RequestPolicy[], request: RequestView): void | Promise<void> {
  for (let index = 0; index < policies.length; index++) {
    const pending = policies[index]!(request);
    if (pending !== undefined) return finishRing(policies, request, index + 1, pending);
  }
}

async function finishRing(
  policies: readonly RequestPolicy[],
  request: RequestView,
  next: number,
  pending: Promise<void>,
): Promise<void> {
  await pending;
  for (let index = next; index < policies.length; index++) await policies[index]!(request);
}
