import type { Clock } from './canonical/clock.ts';
import type { LedgerEntry } from './canonical/exchange.ts';
import { GatewayError } from './canonical/gateway-error.ts';
import { secretsOf } from './catalog-secrets.ts';
import { compileInference, compilePlanning } from './compile-inference.ts';
import { readAdminKey } from './config/admin-key.ts';
import type { GatewayConfig, LoadedConfig } from './config/gateway-config.ts';
import { readCredentialFile } from './config/load-credential.ts';
import { namesTargets } from './config/names-targets.ts';
import { createCredentialSources } from './credentials/credential-sources.ts';
import type { Exchange } from './exchange.ts';
import type { ExchangeAudit } from './exchange-audit.ts';
import type { SharedParts } from './gateway.ts';
import type { LearnedParts } from './learned-parts.ts';
import { createAllowedHosts } from './policies/allowed-hosts.ts';
import { createAuthenticate, createPlaceCaller, type PlaceCaller } from './policies/authenticate.ts';
import { createClientAddress, createSecureTransport } from './policies/client-address.ts';
import { createIpFilter } from './policies/ip-filter.ts';
import { checkEndpointScope, mayUseModelAt } from './policies/key-scopes.ts';
import { createOpenMode } from './policies/open-mode.ts';
import { createProxyTail } from './policies/proxy-path.ts';
import { createRateLimit } from './policies/rate-limit.ts';
import { type RequestPolicy, runRing, tellingRefusals } from './policies/request-policy.ts';
import { createSecurityHeaders, revealingHeaders, type SecurityHeaders } from './policies/security-headers.ts';
import { createSignature } from './policies/signature.ts';
import type { PriceOf } from './price-of.ts';
import { createModelCatalogue, type ModelCatalogue } from './pricing/model-catalogue.ts';
import { createBuildTarget } from './providers/build-target.ts';
import { createDemoTarget } from './providers/demo-target.ts';
import { createHeadRules } from './relay/reply-headers.ts';
import type { CreatePlanInput } from './request-plan.ts';
import { type Catalog, compileCatalog } from './routing/catalog.ts';
import type { PlanStep } from './routing/plan.ts';
import type { Target } from './routing/target.ts';
import type { ServedRuntime } from './server/server-parts.ts';
import type { SlotPool } from './stores/slot-store.ts';
import { DEMO_MODEL, DEMO_ORIGIN } from './transport/demo-transport.ts';
import { fetchJson } from './transport/fetch-json.ts';
import type { Transport } from './transport/upstream-call.ts';

/** Everything compiled from one configuration; a reload makes a new one. */
export interface Runtime extends ServedRuntime {
  readonly config: GatewayConfig;
  readonly catalog: Catalog;
  /** What is known of models. */
  readonly models: ModelCatalogue;
  readonly admission: SlotPool;
  /** Nothing is configured: the built-in demo model answers. */
  readonly isDemo: boolean;
  /** What the plan of a request would be made of. */
  readonly planInput: CreatePlanInput;
  /** Whoever asks, below its tenant. */
  readonly placeCaller: PlaceCaller;
  /** Key of operators; undefined: nothing is open to them over HTTP. */
  readonly adminKey: string | undefined;
}

export interface RuntimeParts extends SharedParts, LearnedParts {
  readonly transport: Transport;
  readonly priceOf: PriceOf;
  /** Writes down what callers may not; undefined: there is no record to write it into. */
  readonly audit: ExchangeAudit | undefined;
  /** Writes down that an upstream is about to be asked. */
  readonly beginEntry: (exchange: Exchange, step: PlanStep) => void;
  readonly settle: (entry: LedgerEntry, exchange: Exchange) => void;
  /** Keeps an exchange among those under way until the answer is called. */
  readonly track: (exchange: Exchange) => () => void;
}

/** Compiles a configuration into closures that a request finds ready. Throws ConfigError. */
export function compileRuntime(loaded: LoadedConfig, parts: RuntimeParts): Runtime {
  const { config } = loaded;
  const { clock } = parts;
  const { catalog, isDemo } = compileRoutes(loaded, clock);
  const models = createModelCatalogue({ library: parts.priceLibrary, overrides: config.modelOverrides ?? [] });
  // Prices take a moment to load, and most configurations choose targets by something else.
  if (parts.ledger !== undefined || usesPrices(config)) void models.load();
  const admission = admissionPool(config);
  const security = config.security.enabled ? createSecurityHeaders(config.security.headers) : undefined;
  const addHeaders = headerAdder(config, security);
  const surroundings = surroundingPolicies(config);
  const guards = [...surroundings, createAuthenticate(config.auth, parts.record?.keys, config.tenants)];
  const rateLimit = createRateLimit(config.rateLimits, { store: parts.limits, clock, authMode: config.auth.mode });
  const countedRateLimit = rateLimit && countRefusals(rateLimit, parts);
  const headPolicies = present([...guards, parts.record && checkEndpointScope]);
  const bodyPolicies = present([createSignature(config.security.signing, clock)]);
  const secrets = secretsOf(catalog);

  const planning = compilePlanning({ config, catalog, models, parts });
  const inference = compileInference({
    config,
    catalog,
    models,
    parts,
    planning,
    headPolicies,
    rateLimit: countedRateLimit,
    bodyPolicies,
    admission,
    securityHeaders: addHeaders,
    headRules: createHeadRules({
      renameRateLimits: rateLimit !== undefined,
      replaced: replacedHeaders(config, security),
    }),
    scrub: (text) => secrets.reduce((scrubbed, secret) => scrubbed.replaceAll(secret, '[redacted]'), text),
  });

  return {
    config,
    catalog,
    models,
    isDemo,
    admission,
    planInput: planning.planInput,
    placeCaller: createPlaceCaller(config.auth, parts.record?.keys, config.tenants),
    adminKey: readAdminKey(loaded.env, config.auth.keys).key,
    inference,
    clientAddress: createClientAddress(config.server.trustedProxies),
    proxyTail: createProxyTail(config.proxy),
    guardPage: pageGuard(guards, parts),
    guardManagement: pageGuard(surroundings, parts),
    guardStored: pageGuard(present([...headPolicies, countedRateLimit, ...bodyPolicies]), parts),
    mayList: createMayList(catalog),
    pageHeaders: security?.overPlainHttp ?? [],
    corsHeaders: corsHeaders(config.cors.origins),
  };
}

/** Whether a model that is listed has a target that may serve whoever asks. */
function createMayList({ models, targets }: Catalog): Runtime['mayList'] {
  const serving = new Map(
    models().map(({ id, providers }) => [
      id,
      providers.map(({ targetId }) => targets.get(targetId)).filter((target) => target !== undefined),
    ]),
  );
  return ({ scopes }, model) => mayUseModelAt(scopes, model, serving.get(model) ?? []);
}

function admissionPool({ queue }: GatewayConfig): SlotPool {
  const { maxConcurrent, maxSize, timeoutMs } = queue;
  return { id: 'admission', maxConcurrent, maxQueue: maxSize, timeoutMs };
}

/** Targets and routes of a configuration; with no provider in it, the built-in demo model's. Throws ConfigError. */
export function compileRoutes(
  { config, env, notices }: LoadedConfig,
  clock: Clock,
): { readonly catalog: Catalog; readonly isDemo: boolean } {
  const isDemo = !namesTargets(config);
  const sources = createCredentialSources({ clock, fetchJson, readFile: readCredentialFile });
  const buildTarget = createBuildTarget({ environment: env, sources });
  const demo = isDemo ? demoTarget(config) : undefined;
  return { catalog: compileCatalog(config, { buildTarget, demo, notices }), isDemo };
}

function demoTarget(config: GatewayConfig): Target {
  const { timeout } = config.resilience;
  const timeouts = { ...timeout, unaryTotalMs: timeout.requestMs, streamTotalMs: timeout.streamingMs };
  return createDemoTarget({ origin: DEMO_ORIGIN, model: DEMO_MODEL, timeouts });
}

function usesPrices({ models, routing }: GatewayConfig): boolean {
  return [routing.strategy, ...models.map(({ strategy }) => strategy)].some((name) => name === 'cost_optimized');
}

/** From where a request may come, whoever it is, in the order in which it meets them. */
function surroundingPolicies(config: GatewayConfig): RequestPolicy[] {
  const { security } = config;
  return present([
    security.enabled ? createIpFilter(security.ipFilter) : undefined,
    createOpenMode(config),
    security.enabled ? createAllowedHosts(security.headers.allowedHosts) : undefined,
  ]);
}

/** Headers of upstreams that no caller gets: the gateway has its own, or they tell too much. */
function replacedHeaders({ security }: GatewayConfig, added: SecurityHeaders | undefined): readonly string[] {
  return [...namesOf(added?.overTls ?? []), ...(security.headers.removeSensitive ? revealingHeaders : [])];
}

/** Names of a flat list of names and values. */
function namesOf(headers: readonly string[]): string[] {
  return headers.filter((_part, index) => index % 2 === 0);
}

function present<Item>(items: readonly (Item | undefined)[]): Item[] {
  return items.filter((item) => item !== undefined);
}

/** The rate limit, with its refusals counted and told. */
function countRefusals(rateLimit: RequestPolicy, { audit, metrics }: RuntimeParts): RequestPolicy {
  return tellingRefusals(rateLimit, (error, request) => {
    metrics.rateLimited('request');
    if (!(error instanceof GatewayError) || error.kind !== 'rate_limited') return;
    audit?.limitReached(request, { name: 'rate_limit.requests', limit: Number(error.headers['X-RateLimit-Limit']) });
  });
}

/** What guards a page: policies whose refusals are told. */
function pageGuard(policies: readonly RequestPolicy[], { audit }: RuntimeParts): RequestPolicy {
  return tellingRefusals(
    (exchange) => runRing(policies, exchange),
    (error, exchange) => {
      if (error instanceof GatewayError) audit?.refused(error, exchange);
    },
  );
}

function headerAdder(
  config: GatewayConfig,
  added: SecurityHeaders | undefined,
): (exchange: Exchange) => readonly string[] {
  if (!added) return () => [];
  const isSecure = createSecureTransport(config.server.trustedProxies);
  return ({ headers, peerAddress }) => {
    const forwardedProto = headers['x-forwarded-proto'];
    const transport = { isEncrypted: false, peerAddress, forwardedProto: String(forwardedProto ?? '') };
    return isSecure(transport) ? added.overTls : added.overPlainHttp;
  };
}

function corsHeaders(origins: readonly string[]): (origin: string | undefined) => readonly string[] {
  if (origins.length === 0) return () => [];
  const isAny = origins.includes('*');
  return (origin) => {
    if (origin === undefined || (!isAny && !origins.includes(origin))) return [];
    return [
      'access-control-allow-origin',
      isAny ? '*' : origin,
      'access-control-allow-methods',
      'GET, POST, PUT, PATCH, DELETE, OPTIONS',
      'access-control-allow-headers',
      '*, authorization, content-type',
      'vary',
      'origin',
    ];
  };
}
