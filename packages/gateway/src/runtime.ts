import { randomUUID } from 'node:crypto';
import { createAttemptRing } from './attempt-ring.ts';
import type { Clock } from './canonical/clock.ts';
import type { LedgerEntry } from './canonical/exchange.ts';
import type { GatewayConfig, LoadedConfig } from './config/gateway-config.ts';
import { readCredentialFile } from './config/load-credential.ts';
import { namesTargets } from './config/names-targets.ts';
import { createCredentialSources } from './credentials/credential-sources.ts';
import type { Exchange } from './exchange.ts';
import type { SharedParts } from './gateway.ts';
import { createInference } from './inference.ts';
import { offersOperation } from './operation-ask.ts';
import { createAllowedHosts } from './policies/allowed-hosts.ts';
import { createAuthenticate } from './policies/authenticate.ts';
import { createClientAddress, createSecureTransport } from './policies/client-address.ts';
import { createIpFilter } from './policies/ip-filter.ts';
import { createOpenMode } from './policies/open-mode.ts';
import { createProxyTail } from './policies/proxy-path.ts';
import { createRateLimit } from './policies/rate-limit.ts';
import { type RequestPolicy, runRing } from './policies/request-policy.ts';
import { createSecurityHeaders, revealingHeaders, type SecurityHeaders } from './policies/security-headers.ts';
import { createSignature } from './policies/signature.ts';
import { createSpecialAddresses } from './policies/special-addresses.ts';
import { createModelCatalogue, type ModelCatalogue } from './pricing/model-catalogue.ts';
import type { PriceLibrary } from './pricing/price-library.ts';
import { createBuildTarget } from './providers/build-target.ts';
import { createDemoTarget } from './providers/demo-target.ts';
import { createHeadRules } from './relay/reply-headers.ts';
import { createRequestReader } from './request-reader.ts';
import { failureTraits } from './resilience/failure-table.ts';
import type { HealthRegistry } from './resilience/health.ts';
import { type Catalog, compileCatalog } from './routing/catalog.ts';
import { chatEndpointOf } from './routing/chat-endpoint.ts';
import { noTargetError } from './routing/no-target-error.ts';
import type { Pickers } from './routing/pickers.ts';
import { createPlan, type PlanHealth } from './routing/plan.ts';
import type { Target } from './routing/target.ts';
import type { TargetLoad } from './routing/target-load.ts';
import type { ServedRuntime } from './server/http-server.ts';
import type { SlotPool } from './stores/slot-store.ts';
import { createStoredResponses } from './translation/stored-responses.ts';
import { DEMO_MODEL, DEMO_ORIGIN } from './transport/demo-transport.ts';
import { fetchJson } from './transport/fetch-json.ts';
import { createMediaFetcher, MediaFetchError, type MediaFetcher } from './transport/media-fetcher.ts';
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
}

export interface RuntimeParts extends SharedParts {
  readonly transport: Transport;
  readonly load: TargetLoad;
  readonly pickers: Pickers;
  readonly priceLibrary: PriceLibrary;
  readonly settle: (entry: LedgerEntry) => void;
}

/** Compiles a configuration into closures that a request finds ready. Throws ConfigError. */
export function compileRuntime(loaded: LoadedConfig, parts: RuntimeParts): Runtime {
  const { config } = loaded;
  const { clock, health, log } = parts;
  const { catalog, isDemo } = compileRoutes(loaded, clock);
  const models = createModelCatalogue({ library: parts.priceLibrary, overrides: config.modelOverrides ?? [] });
  const admission: SlotPool = {
    id: 'admission',
    maxConcurrent: config.queue.maxConcurrent,
    maxQueue: config.queue.maxSize,
    timeoutMs: config.queue.timeoutMs,
  };
  const security = config.security.enabled ? createSecurityHeaders(config.security.headers) : undefined;
  const addHeaders = headerAdder(config, security);
  const guards = guardPolicies(config);
  const rateLimit = createRateLimit(config.rateLimits, { store: parts.limits, clock, authMode: config.auth.mode });
  const headPolicies = present([...guards, rateLimit && countRefusals(rateLimit, parts)]);
  const bodyPolicies = present([createSignature(config.security.signing, clock)]);
  const plannedHealth = planHealth(health);
  const offers = (exchange: Exchange) => (target: Target, model: string | undefined) =>
    offersTo(exchange, target, model);
  const secrets = secretsOf(catalog);

  const inference = createInference({
    clock,
    headPolicies,
    bodyPolicies,
    readRequest: createRequestReader(config.security.validation),
    catalog,
    createPlan: (resolution, exchange) =>
      createPlan({
        resolution,
        retry: config.resilience.retry,
        strategies: parts.pickers,
        health: plannedHealth,
        random: parts.random,
        failureTraits,
        offers: offers(exchange),
      }),
    noTargetError: (resolution, exchange) => noTargetError(resolution, offers(exchange)),
    attemptRing: createAttemptRing({
      transport: parts.transport,
      media: mediaFetcher(config.security),
      storedResponses: createStoredResponses({ store: parts.responses, isKept: config.responses.store, newId }),
      models,
      health,
      load: parts.load,
      slots: parts.slots,
      limits: parts.limits,
      headRules: createHeadRules({
        renameRateLimits: rateLimit !== undefined,
        replaced: [
          ...namesOf(security?.overTls ?? []),
          ...(config.security.headers.removeSensitive ? revealingHeaders : []),
        ],
      }),
      securityHeaders: addHeaders,
      newId,
    }),
    slots: parts.slots,
    admission,
    timeoutMs: (exchange) => totalTimeout(config, exchange),
    securityHeaders: addHeaders,
    scrub: (text) => secrets.reduce((scrubbed, secret) => scrubbed.replaceAll(secret, '[redacted]'), text),
    onRetry: (provider) => parts.metrics.retry(provider),
    settle: parts.settle,
    reportInternal: (error, exchange) =>
      log.error('inference', 'Internal error', {
        request_id: exchange.id,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
  });

  return {
    config,
    catalog,
    models,
    isDemo,
    admission,
    inference,
    clientAddress: createClientAddress(config.server.trustedProxies),
    proxyTail: createProxyTail(config.proxy),
    guardPage: (exchange) => runRing(guards, exchange),
    guardStored: (exchange) => runRing([...headPolicies, ...bodyPolicies], exchange),
    pageHeaders: security?.overPlainHttp ?? [],
    corsHeaders: corsHeaders(config.cors.origins),
  };
}

function newId(): string {
  return randomUUID().replaceAll('-', '').slice(0, 16);
}

/** Without permission to fetch, every address is refused with a word. */
function mediaFetcher({ media }: GatewayConfig['security']): MediaFetcher {
  if (!media.fetch) {
    return { fetch: () => Promise.reject(new MediaFetchError('would have to be fetched, which is switched off')) };
  }
  const { maxBytes, timeoutMs } = media;
  const allowedHosts = new Set(media.allowedHosts);
  return createMediaFetcher({ isForbidden: createSpecialAddresses(), allowedHosts, maxBytes, timeoutMs });
}

/** Whether a target has a place to ask for what the exchange wants. */
function offersTo(exchange: Exchange, target: Target, model: string | undefined): boolean {
  const { facts, operation, protocol } = exchange;
  if (operation === 'proxy') return true;
  if (operation !== 'chat' && operation !== 'responses') return offersOperation(exchange, target, model);
  return chatEndpointOf(target, protocol, { model, stream: facts.stream }) !== undefined;
}

/** Targets and routes of a configuration; with no provider in it, the built-in demo model's. Throws ConfigError. */
export function compileRoutes(
  { config, env }: LoadedConfig,
  clock: Clock,
): { readonly catalog: Catalog; readonly isDemo: boolean } {
  const isDemo = !namesTargets(config);
  const sources = createCredentialSources({ clock, fetchJson, readFile: readCredentialFile });
  const buildTarget = createBuildTarget({ environment: env, sources });
  return { catalog: compileCatalog(config, { buildTarget, demo: isDemo ? demoTarget(config) : undefined }), isDemo };
}

function demoTarget(config: GatewayConfig): Target {
  const { timeout } = config.resilience;
  const timeouts = { ...timeout, unaryTotalMs: timeout.requestMs, streamTotalMs: timeout.streamingMs };
  return createDemoTarget({ origin: DEMO_ORIGIN, model: DEMO_MODEL, timeouts });
}

/** Who may come in at all, in the order in which a request meets them. */
function guardPolicies(config: GatewayConfig): RequestPolicy[] {
  const { auth, security } = config;
  return present([
    security.enabled ? createIpFilter(security.ipFilter) : undefined,
    createOpenMode(config),
    security.enabled ? createAllowedHosts(security.headers.allowedHosts) : undefined,
    createAuthenticate(auth),
  ]);
}

/** Names of a flat list of names and values. */
function namesOf(headers: readonly string[]): string[] {
  return headers.filter((_part, index) => index % 2 === 0);
}

function present<Item>(items: readonly (Item | undefined)[]): Item[] {
  return items.filter((item) => item !== undefined);
}

/** The rate limit, with its refusals counted. */
function countRefusals(rateLimit: RequestPolicy, parts: RuntimeParts): RequestPolicy {
  const count = (error: unknown): never => {
    parts.metrics.rateLimited('request');
    throw error;
  };
  return function countedRateLimit(request) {
    try {
      return rateLimit(request)?.catch(count);
    } catch (error) {
      return count(error);
    }
  };
}

function planHealth(health: HealthRegistry): PlanHealth {
  return {
    isUsable: ({ healthId }) => health.isUsable(healthId) || health.canTry(healthId),
    leastBad: (targets) => {
      const merelyDown = targets.filter(({ healthId }) => health.recordOf(healthId)?.state === 'unhealthy');
      const waits = merelyDown.map(({ healthId }) => health.retryAfterMs([healthId]));
      return merelyDown[waits.indexOf(Math.min(...waits))];
    },
  };
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

/** Milliseconds of one exchange in all: the server's limit, and that of its kind of reply. */
function totalTimeout(config: GatewayConfig, exchange: Exchange): number {
  const { server, queue, resilience } = config;
  if (exchange.facts.stream) return resilience.timeout.streamingMs;
  return Math.min(server.timeoutMs, queue.timeoutMs, resilience.timeout.requestMs);
}

/** What must not reach a caller in an upstream's words: its credentials, and where it is. */
function secretsOf(catalog: Catalog): string[] {
  const secrets = new Set<string>();
  for (const target of catalog.targets.values()) {
    const { chat, credentialHeaders, operations, origin, probe, proxyHeaders = [] } = target;
    const lists = [credentialHeaders, proxyHeaders, operations.credentialHeaders, probe.headers ?? []];
    for (const list of [...lists, ...chat.map((endpoint) => endpoint.credentialHeaders)]) {
      for (let index = 0; index < list.length; index += 2) {
        // A version is a date, which any message may hold.
        if (!/-version$/i.test(list[index]!)) secrets.add(list[index + 1]!.replace(/^Bearer /i, ''));
      }
    }
    if (URL.canParse(origin)) secrets.add(new URL(origin).host);
  }
  // The longer first: one may hold another.
  return [...secrets].filter((secret) => secret.length >= 6).sort((left, right) => right.length - left.length);
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
