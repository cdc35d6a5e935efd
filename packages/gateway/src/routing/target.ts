import type { Operation } from '../canonical/operation.ts';
import type { ProtocolName } from '../canonical/protocol-name.ts';
import type { RouteOptions } from '../config/gateway-config.ts';
import type { EmbeddingWireName } from '../protocols/embeddings/embedding-wire.ts';
import type { RequestQuirks } from '../protocols/protocol.ts';
import type { RerankWireName } from '../protocols/rerank/rerank-wire.ts';
import type { LimitRule, TokenBucketRule } from '../stores/limit-store.ts';
import type { SlotPool } from '../stores/slot-store.ts';

/** Separate limits of one attempt, in milliseconds; each aborts the work when it fires. */
export interface AttemptTimeouts {
  readonly connectMs: number;
  /** Until the response head, for streams. */
  readonly streamHeadersMs: number;
  /** Until the response head of a unary answer, which comes only when the answer is whole. */
  readonly unaryHeadersMs: number;
  /** Until the first token of a stream, counted from the start of the attempt. */
  readonly firstTokenMs: number;
  /** Longest silence within an answer. */
  readonly idleMs: number;
  /** The same within a stream that another target may complete. */
  readonly streamIdleMs: number;
  readonly unaryTotalMs: number;
  readonly streamTotalMs: number;
}

/** How a target's health is probed. */
export interface ProbeSettings {
  /** Path and query on the target's origin; undefined when it has no free probe. */
  readonly path: string | undefined;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Consecutive failures that take it out. */
  readonly failureThreshold: number;
  /** Consecutive successes that bring it back. */
  readonly successThreshold: number;
  /** Flat name, value list that the probe sends where it differs from the target's credential headers. */
  readonly headers?: readonly string[];
}

/** What decides the path of a chat: some wires name the model in it, and whether the answer is to stream. */
export interface ChatAsk {
  readonly model: string | undefined;
  readonly stream: boolean;
}

/** One wire in which a target can be asked for a chat. */
export interface ChatEndpoint {
  readonly protocol: ProtocolName;
  /** Path and query on the target's origin; undefined when this model is not asked here. */
  readonly pathOf: (ask: ChatAsk) => string | undefined;
  /** Flat name, value list that authorizes such a request. */
  readonly credentialHeaders: readonly string[];
  /** How its requests differ from what the wire's inventor takes. */
  readonly quirks: RequestQuirks;
}

/** The wires of the other operations that are translated. */
export interface OperationWires {
  /** Path that precedes the paths of wires other than OpenAI's, without a trailing slash. */
  readonly root: string;
  /** For a model, the preferred one first; empty when it offers none. */
  readonly embeddings: (model: string | undefined) => readonly EmbeddingWireName[];
  /** Its names for members of requests in OpenAI's wire, by OpenAI's; absent: it has no others. */
  readonly embeddingMembers?: Readonly<Record<string, string>>;
  readonly rerank: readonly RerankWireName[];
  /** Credential for paths below `root`. */
  readonly credentialHeaders: readonly string[];
  /** What vectors in base64 hold. */
  readonly base64Numbers: 'float32' | 'int8';
}

/**
 * Signs a request whose credential depends on its content or expires: answers the headers to add, flat. Throws
 * GatewayError when it cannot: `upstream_credentials`, or `upstream_failed` where whoever issues tokens cannot be asked.
 */
export type SignRequest = (request: {
  readonly method: string;
  /** Scheme, host, path and query. */
  readonly url: string;
  readonly headers: readonly string[];
  readonly body: Buffer | undefined;
}) => Promise<readonly string[]>;

/** A configured endpoint of a provider, compiled: a request finds paths and headers ready. */
export interface Target {
  /** Stable over reloads, printable ASCII without spaces and without addresses, fit to be shown: `openai`, `backends/groq`, `gpt-4o/azure`. */
  readonly id: string;
  /** Provider's name: metric label and log field. */
  readonly provider: string;
  /** Name of the provider's definition, whatever the configuration calls the target: whose models it has. */
  readonly kind: string;
  /** Targets with the same base URL and credential share probes and health. Contains no secret. */
  readonly healthId: string;
  readonly enabled: boolean;
  /** Why it is not usable though enabled (a key that is not set); undefined when it is. */
  readonly unusable: string | undefined;
  /** Scheme, host and port: `https://api.groq.com`. `demo:` for the built-in demo model. */
  readonly origin: string;
  /**
   * Path and query for an operation, or undefined when the target does not offer it. `tail` is the inbound path after
   * `/v1/`, as in `images/edits`: it decides among the paths of one operation. For `proxy` it is a path without query
   * (the caller joins its own query and `proxyQuery`), undefined when the tail would leave the target's base.
   */
  readonly pathOf: (operation: Operation, upstreamModel: string | undefined, tail: string) => string | undefined;
  /** Wires in which it is asked for chats. The caller's own is taken where it is among them, the first otherwise. */
  readonly chat: readonly ChatEndpoint[];
  readonly operations: OperationWires;
  /** Undefined: the credential headers are all there is. */
  readonly sign?: SignRequest;
  /** Path under which a generic proxy's tail is joined, without a trailing slash: `/v1`. */
  readonly proxyBase: string;
  /** Query that a generic proxied request needs (Azure's `api-version`); empty otherwise, without `?`. */
  readonly proxyQuery: string;
  /** Flat name, value list that authorizes a request; empty when the target takes none. */
  readonly credentialHeaders: readonly string[];
  /** The same for a generic proxied request, where the provider's own API is authorized differently. */
  readonly proxyHeaders?: readonly string[];
  readonly weight: number;
  /** Lower is tried first; targets of one number share load. */
  readonly priority: number;
  readonly region: string | undefined;
  readonly defaultModel: string | undefined;
  /** Public name → upstream name of the models it declares; undefined when it takes any name. */
  readonly models: ReadonlyMap<string, string> | undefined;
  /** Limits of chats, and of every operation that has none of its own in `operationTimeouts`. */
  readonly timeouts: AttemptTimeouts;
  /** Limits of operations where they are others; absent: nowhere. */
  readonly operationTimeouts?: Readonly<Partial<Record<Operation, AttemptTimeouts>>>;
  /** Attempts at most on this target within one exchange. */
  readonly maxAttempts: number;
  readonly bulkhead: SlotPool | undefined;
  /** Outgoing limits of the provider that count requests. */
  readonly limits: readonly LimitRule[];
  /** Outgoing limit that counts tokens: claimed with an estimate of the request's. */
  readonly tokenLimit?: TokenBucketRule;
  readonly probe: ProbeSettings;
  /** The target accepts `stream_options.include_usage`. */
  readonly acceptsStreamOptions: boolean;
  /** Whether it goes on with an answer whose beginning it is given, as configured; absent: what is known of its provider. */
  readonly assistantPrefill?: boolean;
  /** Share of the picks of its tier that it gets whatever the strategy, in percent; absent: it takes part as any other. */
  readonly canaryPercent?: number;
  /** Share of requests that it gets a copy of, in percent; with it, it is in no tier and never answers a caller. */
  readonly shadowPercent?: number;
}

/** A target within a route, with the model name that it gets. */
export interface RouteTarget {
  readonly target: Target;
  /** Name sent upstream; undefined: what the caller asked for, or the target's default model when it asked for none. */
  readonly upstreamModel: string | undefined;
}

/** What a model name, a rule or any model leads to. */
export interface Route {
  /** Stable over reloads; strategies keep their state by it. */
  readonly id: string;
  /** Name for metric labels: the public model, the rule's name, or `any`. */
  readonly label: string;
  /** Further public names that lead to it; absent: none. */
  readonly aliases?: readonly string[];
  /** Tiers in order: load is shared within one, the next is the fallback of the one before. */
  readonly tiers: readonly (readonly RouteTarget[])[];
  /** How a tier orders its targets for one request. */
  readonly strategy: StrategyName;
  /** Load is shared within a tier, but one request stays with the target that it was given to. */
  readonly staysWithFirst?: boolean;
  /** Targets that it names but that are disabled or unusable: in no tier, kept to say why nothing answered. */
  readonly excluded?: readonly Target[];
  /** Members that get copies of requests, in no tier. */
  readonly shadows?: readonly RouteTarget[];
  /** How it treats its requests, beside the strategy. */
  readonly options: RouteOptions;
}

export type StrategyName =
  | 'round_robin'
  | 'weighted'
  | 'least_loaded'
  | 'latency_optimized'
  | 'cost_optimized'
  | 'quota_aware'
  | 'sticky'
  | 'random'
  | 'priority';

/** What is known of a request when its route is looked for. */
export interface RoutingFacts {
  /** Model from the path (already percent-decoded), which beats the body's. */
  readonly pathModel: string | undefined;
  /** Model from the body; undefined, null and '' all mean none. */
  readonly bodyModel: string | undefined;
  readonly operation: Operation;
  readonly stream: boolean;
  readonly tenant: string | undefined;
  readonly keyName: string;
  readonly region: string | undefined;
  /** A request header by lower-case name. */
  readonly header: (name: string) => string | undefined;
  /** A tag of the key by name; undefined when keys have none. */
  readonly tag?: (name: string) => string | undefined;
}

/** The model that a request asks for; an empty name is none. */
export function modelOf({ bodyModel, pathModel }: Pick<RoutingFacts, 'pathModel' | 'bodyModel'>): string | undefined {
  return pathModel || bodyModel || undefined;
}

/** What a request resolved to. */
export interface Resolution {
  readonly route: Route;
  /** Model name that the caller asked for, undefined when it left it to the gateway. */
  readonly requestedModel: string | undefined;
  /** No model is sent at all, not even a target's default: the operation needs none, and the target has its own. */
  readonly sendsNoModel?: boolean;
  /** Why this route: `model`, `rule:<name>`, `prefix`, `wildcard`, `default_provider`, `provider` (known for the model), `demo`. */
  readonly reason: string;
}
