import type { AttemptLane } from './attempt-lane.ts';
import { GatewayError } from './canonical/gateway-error.ts';
import { failureOf } from './relay/attempt.ts';
import type { Failure } from './resilience/failure.ts';
import type { SignRequest } from './routing/target.ts';
import type { UpstreamRequest } from './transport/upstream-call.ts';

/** A request with the headers that authorize it, or why there are none: who leaves does not wait for a token. */
export function signed(
  request: UpstreamRequest,
  sign: SignRequest,
  lane: Pick<AttemptLane, 'whileCancellable'>,
): Promise<UpstreamRequest | Failure> {
  return new Promise((resolve, reject) => {
    lane.whileCancellable(() => resolve(failureOf('cancelled', 'cancelled before the target was asked')));
    trySign(request, sign).then(resolve, reject);
  });
}

async function trySign(request: UpstreamRequest, sign: SignRequest): Promise<UpstreamRequest | Failure> {
  const { body, headers, method, origin, path } = request;
  const bytes = Buffer.isBuffer(body) ? body : undefined;
  try {
    const added = await sign({ method, url: origin + path, headers, body: bytes });
    return { ...request, headers: [...headers, ...added] };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    // Who issues tokens and cannot be reached says nothing of the credential.
    return failureOf(error.kind === 'upstream_failed' ? 'connect_failed' : 'credential_refused', error.message);
  }
}
