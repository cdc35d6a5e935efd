import { createHash } from 'node:crypto';
import type { ResilienceConfig, TargetOptions } from '../config/gateway-config.ts';
import type { CredentialSources } from '../credentials/credential-sources.ts';
import type { ProbeSettings, Target } from '../routing/target.ts';
import type { TokenBucketRule } from '../stores/limit-store.ts';
import { attemptTimeouts } from './attempt-timeouts.ts';
import { chatEndpoints } from './chat-endpoints.ts';
import type { Authorization, Layout, ProviderDefinition, TargetSection } from './define-provider.ts';
import {
  didYouMeanProvider,
  findProvider,
  findProviderByHost,
  findProviderByName,
  genericName,
} from './find-provider.ts';
import { openaiLayout } from './openai-layout.ts';
import { isHostOf } from './provider-host.ts';

/** One configured endpoint, whatever section it comes from. */
export interface TargetEntry extends TargetOptions {
  /** Undefined: the provider's own. `null`: a variable that is not set was named. */
  readonly baseUrl: string | null | undefined;
  readonly apiKey: string | null | undefined;
  readonly apiVersion: string | undefined;
  readonly chatPath: string | undefined;
  readonly healthPath: string | undefined;
  readonly defaultModel: string | undefined;
  readonly models: ReadonlyMap<string, string> | undefined;
}

export interface TargetInput {
  /** Its id, or how to make one of the name of the provider whose host it is at (undefined: of nobody that is known). */
  readonly id: string | ((knownProvider: string | undefined) => string);
  readonly section: TargetSection;
  /** What the configuration calls it; undefined when it has no name but its URL. */
  readonly name: string | undefined;
  /** Definition to use; undefined: the one that host or name stands for. */
  readonly kind: string | undefined;
  readonly entry: TargetEntry;
  readonly resilience: ResilienceConfig;
  /** How often and how patiently it is probed. */
  readonly probe: Omit<ProbeSettings, 'path' | 'headers'>;
  /** Longest wait for one of its slots, in milliseconds. */
  readonly bulkheadWaitMs: number;
}

/** A compiled target and what was learned on the way. */
export interface BuiltTarget {
  readonly target: Target;
  /** Names of models its provider is known for, with `*` for any text. */
  readonly serves: readonly string[];
  /** Sentences for the operator. */
  readonly notices: readonly string[];
}

export type BuildTarget = (input: TargetInput) => BuiltTarget;

/** A number after every one that somebody would write, so that a target without priority comes after those with one. */
const unsetPriority = 1000;

/** What targets are built with beside their configuration. */
export interface BuildTargetContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly sources: CredentialSources;
}

/** Makes the compiler of configured endpoints. What keeps one from being used is told in `unusable`, never thrown. */
export function createBuildTarget(context: BuildTargetContext): BuildTarget {
  return (input) => buildTarget(input, context);
}

function buildTarget(input: TargetInput, { environment, sources }: BuildTargetContext): BuiltTarget {
  const { entry } = input;
  const named = definitionOf(input, undefined);
  const place = { region: entry.region, environment };
  const address = entry.baseUrl ?? named.addressOf?.(place) ?? named.baseUrl;
  const url = address === undefined ? undefined : readUrl(address);
  const definition = definitionOf(input, url?.hostname);
  const id = typeof input.id === 'string' ? input.id : input.id(url && findProviderByHost(url.hostname)?.name);
  const apiKey = entry.apiKey?.trim() || undefined;
  const layout = layoutOf(definition, input, url ?? unreachable);
  const identity = apiKey === undefined ? definition.identity?.({ ...place, sources }) : undefined;
  const authorization = identity ?? authorizationOf(definition, apiKey, entry.apiVersion);
  const notices = [layout.notice, authorization.notice, kindNotice(input), addressNotice(url, definition)];
  const target: Target = {
    id,
    provider: input.name ?? definition.name,
    kind: definition.name,
    healthId: healthIdOf(url, apiKey, entry.apiVersion),
    enabled: entry.enabled,
    unusable: problemOf(input, { definition, url, apiKey, hasIdentity: identity !== undefined }),
    origin: url?.origin ?? unreachable.origin,
    pathOf: layout.pathOf,
    chat: chatEndpoints({ definition, layout, authorization, protocols: entry.protocols }),
    operations: operationWires(definition, layout, authorization),
    ...(authorization.sign === undefined ? {} : { sign: authorization.sign }),
    proxyBase: layout.proxyBase,
    proxyQuery: layout.proxyQuery,
    credentialHeaders: authorization.credentialHeaders,
    ...(authorization.proxyHeaders === undefined ? {} : { proxyHeaders: authorization.proxyHeaders }),
    weight: entry.weight ?? 1,
    priority: entry.priority ?? unsetPriority,
    region: entry.region,
    defaultModel: entry.defaultModel || undefined,
    models: entry.models,
    ...attemptTimeouts({
      base: input.resilience.timeout,
      operations: input.resilience.operationTimeouts,
      target: entry.timeouts,
      targetTimeoutMs: entry.timeoutMs,
    }),
    maxAttempts: entry.maxRetries === undefined ? input.resilience.retry.maxAttempts : entry.maxRetries + 1,
    bulkhead: bulkheadOf(id, input),
    limits: entry.requestsPerMinute === undefined ? [] : [perMinute(`target/${id}/rpm`, entry.requestsPerMinute)],
    ...(entry.tokensPerMinute === undefined
      ? {}
      : { tokenLimit: perMinute(`target/${id}/tpm`, entry.tokensPerMinute) }),
    probe: {
      ...input.probe,
      path: layout.probePath,
      ...(authorization.probeHeaders === undefined ? {} : { headers: authorization.probeHeaders }),
    },
    acceptsStreamOptions: definition.acceptsStreamOptions,
    ...(entry.assistantPrefill === undefined ? {} : { assistantPrefill: entry.assistantPrefill }),
    ...(entry.canaryPercent === undefined ? {} : { canaryPercent: entry.canaryPercent }),
    ...(entry.shadowPercent === undefined ? {} : { shadowPercent: entry.shadowPercent }),
  };
  return { target, serves: definition.serves, notices: notices.filter((notice) => notice !== undefined) };
}

function operationWires(
  { base64Numbers, embeddingMembers, embeddings = () => ['openai'], rerank = ['jina'] }: ProviderDefinition,
  { root }: Layout,
  { credentialHeaders, nativeHeaders = credentialHeaders }: Authorization,
): Target['operations'] {
  return {
    root,
    embeddings,
    ...(embeddingMembers === undefined ? {} : { embeddingMembers }),
    rerank,
    credentialHeaders: nativeHeaders,
    base64Numbers: base64Numbers ?? 'float32',
  };
}

/** Stands for the address of a target that has none; nothing is sent to it, because such a target is unusable. */
const unreachable = new URL('http://unset.invalid');

function definitionOf({ section, name, kind }: TargetInput, hostname: string | undefined): ProviderDefinition {
  return findProvider({ name, kind: kind ?? (section === 'vllm' ? 'vllm' : undefined), hostname });
}

function readUrl(address: string): URL | undefined {
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined;
}

function layoutOf(definition: ProviderDefinition, { section, entry }: TargetInput, url: URL): Layout {
  const { apiVersion, chatPath, healthPath } = entry;
  const input = { url, section, apiVersion, chatPath, healthPath };
  return definition.layout?.(input, definition) ?? openaiLayout(definition, input);
}

function authorizationOf(
  { authorize, credential }: ProviderDefinition,
  apiKey: string | undefined,
  apiVersion: string | undefined,
): Authorization {
  if (apiKey === undefined) return { credentialHeaders: [] };
  if (authorize !== undefined) return authorize({ apiKey, apiVersion });
  const header = credential === 'bearer' ? ['authorization', `Bearer ${apiKey}`] : [credential.header, apiKey];
  return { credentialHeaders: header };
}

function kindNotice({ kind, name }: TargetInput): string | undefined {
  if (kind === undefined || findProviderByName(kind) !== undefined) return undefined;
  return `${name ?? 'a target'}: kind '${kind}' is not known: its host or name decides instead.${didYouMeanProvider(kind)}`;
}

/** What of an address is sent to nobody, though somebody wrote it there to be sent. */
function addressNotice(url: URL | undefined, { layout }: ProviderDefinition): string | undefined {
  if (url === undefined) return undefined;
  const hasUser = url.username !== '' || url.password !== '';
  // A layout of its own knows what its provider's queries mean.
  const hasQuery = url.search !== '' && layout === undefined;
  if (!hasUser && !hasQuery) return undefined;
  const what = [hasUser && 'a user or a password', hasQuery && 'a query'].filter(Boolean).join(' and ');
  return `the address has ${what}, which is not sent; keys go into api_key, and the chat_path of a backend may have a query`;
}

interface Resolved {
  readonly definition: ProviderDefinition;
  readonly url: URL | undefined;
  readonly apiKey: string | undefined;
  readonly hasIdentity: boolean;
}

function problemOf({ entry, section, name, kind }: TargetInput, resolved: Resolved): string | undefined {
  const { definition, url, apiKey, hasIdentity } = resolved;
  if (entry.baseUrl === null) return `${unsetVariable(entry.unset?.baseUrl)} is not set, so there is no address`;
  if (entry.apiKey === null) return `${unsetVariable(entry.unset?.apiKey)} is not set, so there is no key`;
  if (url === undefined) {
    if (entry.baseUrl === undefined) return definition.missingAddress ?? missingAddress(name, kind, definition);
    return 'base_url is not an http or https URL';
  }
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey))
    return 'api_key has characters that a header cannot carry';
  // A backend without a key is sent none, whatever its host: its operator may have put a signing proxy in between.
  const mustHaveKey = section !== 'backend' && definition.needsKey && isHostOf(definition, url.hostname);
  return mustHaveKey && apiKey === undefined && !hasIdentity ? 'api_key is not set' : undefined;
}

/** A provider whose name is misspelled has no address of its own either. */
function missingAddress(name: string | undefined, kind: string | undefined, definition: ProviderDefinition): string {
  const written = kind ?? name;
  if (written === undefined || definition.name !== genericName || findProviderByName(written) !== undefined) {
    return 'base_url is not set and its provider has no default one';
  }
  return `base_url is not set, and no provider is known by the name '${written}'.${didYouMeanProvider(written)}`;
}

function unsetVariable(name: string | undefined): string {
  return name ?? 'the variable it names';
}

/** Same base and same key share probes. The key is told apart by a few digits of its hash, which give nothing away. */
function healthIdOf(url: URL | undefined, apiKey: string | undefined, apiVersion: string | undefined): string {
  const base = url === undefined ? unreachable.origin : url.origin + url.pathname.replace(/\/+$/, '');
  const key = apiKey === undefined ? 'no-key' : createHash('sha256').update(apiKey).digest('hex').slice(0, 8);
  return apiVersion === undefined ? `${base} ${key}` : `${base} ${key} ${apiVersion}`;
}

function bulkheadOf(id: string, { resilience, bulkheadWaitMs }: TargetInput): Target['bulkhead'] {
  if (resilience.bulkhead === undefined) return undefined;
  return { id: `target/${id}`, ...resilience.bulkhead, timeoutMs: bulkheadWaitMs };
}

function perMinute(id: string, units: number): TokenBucketRule {
  return { id, algorithm: 'token_bucket', capacity: units, refillPerSecond: units / 60 };
}
