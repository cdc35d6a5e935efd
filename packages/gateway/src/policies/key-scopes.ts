import type { Principal, PrincipalScopes, RequestView } from '../canonical/exchange.ts';
import { furtherModelsOf, toolModelsOf } from '../canonical/further-models.ts';
import { GatewayError } from '../canonical/gateway-error.ts';
import type { Target } from '../routing/target.ts';
import { type AddressSet, createAddressSet } from './address-set.ts';

/** Names that a refusal lists at most. */
const MOST_NAMED = 10;

interface CompiledScopes {
  readonly endpoints: ReadonlySet<string> | undefined;
  readonly allowsAddress: AddressSet | undefined;
  readonly models: readonly ModelList[];
}

interface ModelList {
  readonly names: ReadonlySet<string>;
  /** Beginnings of names. */
  readonly prefixes: readonly string[];
  /** As it was written. */
  readonly written: readonly string[];
}

/** Who comes from where. */
interface AddressedKey extends Pick<RequestView, 'clientAddress'> {
  readonly principal: Pick<Principal, 'scopes'>;
}

/** Scopes belong to a key that is remembered, so they are compiled once for as long as it is. */
const compiled = new WeakMap<PrincipalScopes, CompiledScopes>();

/** Refuses a key that comes from an address that is not in its scopes. Throws `forbidden`. */
export function checkAddressScope({ principal: { scopes }, clientAddress }: AddressedKey): void {
  if (scopes?.addresses === undefined || compiledOf(scopes).allowsAddress?.(clientAddress)) return;
  throw forbidden('This API key may not be used from this address. Use another key, or have its addresses changed.');
}

/** A policy: refuses a key for an operation that is not in its scopes. Throws `forbidden`. */
export function checkEndpointScope({ principal: { scopes }, operation }: RequestView): void {
  if (scopes?.endpoints === undefined) return;
  const { endpoints } = compiledOf(scopes);
  if (endpoints !== undefined && !endpoints.has(operation)) {
    throw forbidden(`This API key may not be used for ${operation}. It may be used for ${listOf([...endpoints])}.`);
  }
}

/** Refuses a key for a model that is not in its scopes, or for none where it has any. Throws `forbidden`. */
export function checkModelScope(scopes: PrincipalScopes | undefined, model: string | undefined): void {
  if (scopes?.models === undefined || mayUseModel(scopes, model)) return;
  const names = listOf(scopes.models[0] ?? []);
  if (model === undefined) {
    throw forbidden(`This API key is for some models only, so requests have to name one. It may use ${names}.`);
  }
  const shown = model.length > 128 ? `${model.slice(0, 128)}…` : model;
  throw forbidden(`This API key may not use the model '${shown}'. It may use ${names}.`, 'model');
}

/**
 * Refuses a request that names further models, which may answer it or are asked by its tools, where one of them is not in the
 * scopes of its key. Throws `forbidden`.
 */
export function checkFurtherModels(scopes: PrincipalScopes | undefined, body: unknown): void {
  if (scopes?.models === undefined) return;
  for (const model of furtherModelsOf(body)) checkModelScope(scopes, model);
  for (const model of toolModelsOf(body)) checkModelScope(scopes, model);
}

/** Refuses a key that has a budget of tokens for what nobody is ever told the tokens of. Throws `forbidden`. */
export function checkToldUse({ tokenBudget }: Pick<Principal, 'tokenBudget'>): void {
  if (tokenBudget === undefined) return;
  throw forbidden(
    'This API key has a budget of tokens, and how many forwarded paths, speech and streams of pictures use is never told. ' +
      'Ask for something else, without a stream, or by a path that the gateway knows, or use another key.',
  );
}

/**
 * Refuses a key that is for some models only at a forwarded path: the body and the rest of the path say which model is asked
 * there, in whatever way the provider has, and nobody reads it. Throws `forbidden`.
 */
export function checkForwardScope({ scopes }: Pick<Principal, 'scopes'>): void {
  if (scopes?.models === undefined || scopes.models.every((names) => names.includes('*'))) return;
  throw forbidden(
    'This API key is for some models only, and forwarded paths may lead to any. Use the paths that the gateway knows, or ' +
      'another key.',
  );
}

/** Whether a key with these scopes may use a model. */
export function mayUseModel(scopes: PrincipalScopes | undefined, model: string | undefined): boolean {
  if (scopes?.models === undefined) return true;
  if (model === undefined) return false;
  return compiledOf(scopes).models.every(
    ({ names, prefixes }) => names.has(model) || prefixes.some((prefix) => model.startsWith(prefix)),
  );
}

/** Whether a key with these scopes may be served by a target. */
export function mayUseTarget(scopes: PrincipalScopes | undefined, { kind, provider, region }: ScopedTarget): boolean {
  if (scopes === undefined) return true;
  const { providers = [], regions = [] } = scopes;
  return (
    providers.every((list) => list.includes(provider) || list.includes(kind)) &&
    regions.every((list) => region !== undefined && list.includes(region))
  );
}

/** Whether a key with these scopes may use a model of which these are the targets. */
export function mayUseModelAt(
  scopes: PrincipalScopes | undefined,
  model: string,
  targets: readonly ScopedTarget[],
): boolean {
  if (!mayUseModel(scopes, model)) return false;
  if (scopes?.providers === undefined && scopes?.regions === undefined) return true;
  return targets.some((target) => mayUseTarget(scopes, target));
}

/** Refuses a key where none of the targets of its model is in its scopes. Throws `forbidden`. */
export function checkTargetScope(
  scopes: PrincipalScopes | undefined,
  tiers: readonly (readonly { readonly target: ScopedTarget }[])[],
): void {
  if (scopes?.providers === undefined && scopes?.regions === undefined) return;
  if (tiers.some((tier) => tier.some(({ target }) => mayUseTarget(scopes, target)))) return;
  throw forbidden(
    'No provider of this model is one, or in a region, that the team, tenant or organisation of this API key may use.',
    'model',
  );
}

type ScopedTarget = Pick<Target, 'kind' | 'provider' | 'region'>;

function compiledOf(scopes: PrincipalScopes): CompiledScopes {
  const known = compiled.get(scopes);
  if (known !== undefined) return known;
  const { addresses, endpoints, models = [] } = scopes;
  const fresh: CompiledScopes = {
    endpoints: endpoints && new Set(endpoints),
    allowsAddress: addresses && createAddressSet(addresses),
    models: models.map((written) => ({
      names: new Set(written.filter((name) => !name.endsWith('*'))),
      prefixes: written.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1)),
      written,
    })),
  };
  compiled.set(scopes, fresh);
  return fresh;
}

function listOf(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const shown = names.slice(0, MOST_NAMED).map((name) => (name.length > 128 ? `${name.slice(0, 128)}…` : name));
  return shown.join(', ') + (names.length > MOST_NAMED ? ', …' : '');
}

function forbidden(message: string, param?: string): GatewayError {
  return new GatewayError('forbidden', message, param === undefined ? {} : { param });
}
