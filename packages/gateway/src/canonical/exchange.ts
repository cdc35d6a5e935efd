import type { IncomingHttpHeaders } from 'node:http';
import type { StreamRecovery } from '../config/gateway-config.ts';
import type { Operation } from './operation.ts';
import type { ProtocolName } from './protocol-name.ts';
import type { Usage } from './usage.ts';

/** Who is asking. In open mode everybody is `anonymous` and a bearer is only a name for rate limits. */
export interface Principal {
  readonly kind: 'anonymous' | 'key';
  /** A name fit for logs: never the key itself. */
  readonly name: string;
  /**
   * Whom limits count, and whose answers are kept: the id of a key of the record, after that of its tenant, which stays
   * when the key is rotated; SHA-256 (hex) of any other
   * bearer; or `anonymous`.
   */
  readonly identity: string;
  readonly tenant: string | undefined;
  /** Id of a key of the record; absent for everybody else. */
  readonly keyId?: string;
  /** Ids of whom the record has it below. */
  readonly team?: string | undefined;
  readonly organisation?: string | undefined;
  /** Its tenant's, where that is not its team's: of keys from before they had to be of one. Absent: no other. */
  readonly otherOrganisation?: string;
  /** What the key may be used for; absent: everything. */
  readonly scopes?: PrincipalScopes;
  /** What limits the key, its team, its tenant and its organisation; absent: nothing. */
  readonly limits?: readonly PrincipalLimit[];
  /** What the key may use in all; absent: nothing limits it. */
  readonly tokenBudget?: TokenBudget;
  /** What is different for its requests; absent: nothing. */
  readonly overrides?: PrincipalOverrides;
  /** What it asks is kept beside the audit log. */
  readonly keepsBodies?: boolean;
}

/** What of the configuration is different for somebody's requests; what is absent is as everywhere. */
export interface PrincipalOverrides {
  /** The model of conversations that name none. */
  readonly defaultModel?: string;
  /** False: no other model answers when that asked for cannot. */
  readonly fallbacks?: boolean;
  /** Attempts in all for one request. */
  readonly maxAttempts?: number;
  /** Milliseconds that one request may take, where that is less than what holds everywhere. */
  readonly timeoutMs?: number;
  readonly streamRecovery?: StreamRecovery;
}

/** Tokens, input and output, that a key may use in all. */
export interface TokenBudget {
  readonly tokens: number;
  /** From when on they count, in milliseconds since 1970. */
  readonly since: number;
}

/** What a key may be used for, with what its team, tenant and organisation allow; what is absent is not restricted. */
export interface PrincipalScopes {
  /** Lists of names of models, where `*` at the end stands for any rest; a model has to be in each list. */
  readonly models?: readonly (readonly string[])[];
  /** Lists of providers, by name or kind; a target has to be of one in each list. */
  readonly providers?: readonly (readonly string[])[];
  /** Lists of regions; a target has to be in one of each list, and one whose region is not known is in none. */
  readonly regions?: readonly (readonly string[])[];
  /** Operations. */
  readonly endpoints?: readonly string[];
  /** IP addresses and CIDR ranges. */
  readonly addresses?: readonly string[];
}

/** A limit, and who shares it. */
export interface PrincipalLimit {
  readonly scope: 'key' | 'team' | 'tenant' | 'organisation';
  /** Id of whom the scope names. */
  readonly id: string;
  readonly requestsPerMinute: number | undefined;
  readonly tokensPerMinute: number | undefined;
  /** In any 24 hours; absent: as many as the minutes allow. */
  readonly requestsPerDay?: number | undefined;
  readonly tokensPerDay?: number | undefined;
  readonly maxConcurrent: number | undefined;
}

/** What one attempt came to, as logs, the trail header and metrics tell it. */
export interface AttemptRecord {
  readonly targetId: string;
  readonly provider: string;
  readonly upstreamModel: string | undefined;
  /** Models of which one answered, where the request names several: the dearest of them is charged. */
  readonly answeredBy?: readonly string[] | undefined;
  /** `ok`, or the failure's kind (see resilience/failure.ts). */
  readonly outcome: string;
  /** HTTP status of the upstream, 0 when none came. */
  readonly status: number;
  readonly durationMs: number;
  /** What it took; undefined: nothing, unless `isUseUnknown`. */
  readonly usage?: Usage | undefined;
  /** The provider did not say what it took, or not all of it. */
  readonly isEstimated?: boolean | undefined;
  /** The tier of service that it is charged in; undefined: the usual one. */
  readonly serviceTier?: string | undefined;
  /** It may be charged for, and nobody can tell for how much. */
  readonly isUseUnknown?: boolean | undefined;
  /** It ran beside the one that answered, was broken off for that, and did nothing for the caller. */
  readonly isOutrun?: boolean | undefined;
}

/**
 * Whether its target was asked. One that was busy, whose limit is spent, or whose wire has no words for the request was
 * passed over: that is told, and counts nowhere as an attempt.
 */
export function wasAsked({ outcome }: Pick<AttemptRecord, 'outcome'>): boolean {
  return outcome !== 'target_busy' && outcome !== 'limit_spent' && outcome !== 'inexpressible';
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
  /** What the caller asked for, else the default of its tenant; undefined for neither. Any text: never a metric label. */
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
  /** Id of the exchange that this copy was made of, for a target that is only watched. */
  readonly shadowOf?: string | undefined;
  /** The answer is that of an identical request that ran at the same time; nothing was sent for this one. */
  readonly isShared?: boolean;
  /** How another attempt completed the stream after it broke. */
  readonly recovered?: 'continue' | 'restart' | undefined;
  /** What all attempts took together; of a shared answer, what the call took that another exchange answers for. */
  readonly usage: Usage | undefined;
  /** Some of `usage` is an estimate. */
  readonly isEstimated?: boolean;
  readonly durationMs: number;
  /** Milliseconds from arrival to the first byte of the answer; undefined when none went out. */
  readonly firstByteMs: number | undefined;
  /** Milliseconds spent in the queue. */
  readonly queuedMs: number;
  /** Milliseconds of the gateway's own, up to the first byte: all that was not waiting for an upstream, the queue or a back-off. */
  readonly overheadMs: number;
}
