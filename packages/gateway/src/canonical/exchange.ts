import type { IncomingHttpHeaders } from 'node:http';
import type { Operation } from './operation.ts';
import type { ProtocolName } from './protocol-name.ts';
import type { Usage } from './usage.ts';

/** Who is asking. In open mode everybody is `anonymous` and a bearer is only a name for rate limits. */
export interface Principal {
  readonly kind: 'anonymous' | 'key';
  /** A name fit for logs: never the key itself. */
  readonly name: string;
  /** SHA-256 (hex) of the bearer, or `anonymous`: the identity that limits count. */
  readonly identity: string;
  readonly tenant: string | undefined;
}

/** What one attempt came to, as logs, the trail header and metrics tell it. */
export interface AttemptRecord {
  readonly targetId: string;
  readonly provider: string;
  readonly upstreamModel: string | undefined;
  /** `ok`, or the failure's kind (see resilience/failure.ts). */
  readonly outcome: string;
  /** HTTP status of the upstream, 0 when none came. */
  readonly status: number;
  readonly durationMs: number;
}

/** What policies of the request ring see of one client request. The bytes of the body are never changed by them. */
export interface RequestView {
  readonly id: string;
  readonly method: string;
  /** Raw request target, query included, undecoded. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly operation: Operation;
  /** Wire that the caller speaks: its errors are told in it, whatever the operation. */
  readonly protocol: ProtocolName;
  /** Address of the client after trusted proxies were walked, without the IPv4-mapped prefix. */
  readonly clientAddress: string;
  /** Address of the socket's other end. */
  readonly peerAddress: string;
  principal: Principal;
  /** The body when it is buffered (every JSON operation); undefined while it streams. */
  readonly body: Buffer | undefined;
  /** Flat name, value list that policies add to the reply, whatever it will be. */
  readonly replyHeaders: string[];
}

/** How an exchange ended. */
export type ExchangeOutcome = 'completed' | 'failed' | 'client_closed' | 'rejected';

/** The facts of one exchange, written once; log line and metrics come from it. */
export interface LedgerEntry {
  readonly id: string;
  readonly operation: Operation;
  readonly stream: boolean;
  readonly principal: string;
  /** What the caller asked for; undefined when it named none. May be any text: never a metric label. */
  readonly requestedModel: string | undefined;
  /** The route's own name for the model, or `unknown`: from the configuration only, so it is fit to be a metric label. */
  readonly modelLabel: string;
  /** The model sent to the target that answered; undefined when none did. */
  readonly targetModel: string | undefined;
  readonly responseModel: string | undefined;
  readonly provider: string | undefined;
  readonly targetId: string | undefined;
  /** Status the caller got; 499 when it left first. */
  readonly status: number;
  readonly outcome: ExchangeOutcome;
  /** Error kind or failure kind when it did not complete. */
  readonly failure: string | undefined;
  readonly attempts: readonly AttemptRecord[];
  readonly usage: Usage | undefined;
  readonly durationMs: number;
  /** Milliseconds from arrival to the first byte of the answer; undefined when none went out. */
  readonly firstByteMs: number | undefined;
  /** Milliseconds spent in the queue. */
  readonly queuedMs: number;
  /** Milliseconds of the gateway's own, up to the first byte: all that was not waiting for an upstream, the queue or a back-off. */
  readonly overheadMs: number;
}
