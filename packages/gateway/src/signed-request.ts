import type { AttemptLane } from './attempt-lane.ts';
import type { Clock } from './canonical/clock.ts';
import { GatewayError } from './canonical/gateway-error.ts';
import { failureOf } from './relay/attempt.ts';
import type { Failure } from './resilience/failure.ts';
import type { SignRequest } from './routing/target.ts';
import { atDeadline } from './target-limits.ts';
import type { UpstreamRequest } from './transport/upstream-call.ts';

/** What ends the wait for a signature. */
export interface SignatureWait {
  readonly lane: Pick<AttemptLane, 'whileCancellable'>;
  readonly clock: Clock;
  /** Monotonic milliseconds at which the time of the exchange is over. */
  readonly deadline: number;
}

/**
 * A request with the headers that authorize it, or why there are none: who leaves, or has no more time, does not wait for a
 * token.
 */
export function signed(
  request: UpstreamRequest,
  sign: SignRequest,
  { clock, deadline, lane }: SignatureWait,
): Promise<UpstreamRequest | Failure> {
  return new Promise((resolve, reject) => {
    const cancelTimer = atDeadline(clock, deadline, () =>
      resolve(failureOf('total_timeout', 'no credential came in time')),
    );
    lane.whileCancellable(() => {
      cancelTimer();
      resolve(failureOf('cancelled', 'cancelled before the target was asked'));
    });
    trySign(request, sign).finally(cancelTimer).then(resolve, reject);
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
