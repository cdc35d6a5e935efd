import type { Clock } from '../canonical/clock.ts';
import { GatewayError } from '../canonical/gateway-error.ts';
import type { Failure } from '../resilience/failure.ts';
import type { UpstreamRequest } from '../transport/upstream-call.ts';

/** A body that flows from its caller to the upstream: which of the two is waited for, and since when. */
export class UploadPace {
  readonly #clock: Pick<Clock, 'now'>;
  /** Undefined while the caller is waited for. */
  #upstreamSince: number | undefined;

  constructor(body: NodeJS.ReadableStream, clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
    const wait = (): void => {
      this.#upstreamSince = clock.now();
    };
    // Until there is a connection nothing flows.
    wait();
    body
      .on('pause', wait)
      .on('end', wait)
      .on('resume', () => {
        this.#upstreamSince = undefined;
      });
  }

  /** Nothing goes out because nothing comes in. */
  get isCallersTurn(): boolean {
    return this.#upstreamSince === undefined;
  }

  /** Since when the upstream is waited for: it takes no more, or has it all. Now, while the caller is. */
  get waitingSince(): number {
    return this.#upstreamSince ?? this.#clock.now();
  }
}

/** Undefined for a body that is here already. */
export function uploadPace(body: UpstreamRequest['body'], clock: Pick<Clock, 'now'>): UploadPace | undefined {
  return body === undefined || Buffer.isBuffer(body) ? undefined : new UploadPace(body, clock);
}

/** The time was over before the caller had sent its body: nobody else is to blame. */
export function bodyTooLate(): Failure {
  const message = 'the body of the request did not arrive in time';
  return {
    kind: 'cancelled',
    status: 0,
    retryAfterMs: undefined,
    message,
    body: undefined,
    contentType: undefined,
    error: new GatewayError('request_timeout', 'The request did not arrive in time.'),
  };
}
