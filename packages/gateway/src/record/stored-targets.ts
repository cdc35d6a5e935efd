import type { ProviderConfig, StoredModelConfig, StoredTargetsConfig } from '../config/gateway-config.ts';
import { noTargetOptions } from '../config/target-options.ts';
import type { SecretBox } from '../credentials/secret-box.ts';
import { isRotationDue, providerContext } from '../credentials/secret-rotation.ts';
import { findProviderByName } from '../providers/find-provider.ts';
import type { ModelStore, ProviderStore, StoredModel, StoredProvider } from '../stores/provider-store.ts';
import { type CredentialReader, readCredential } from './credential-reference.ts';
import { listAll } from './list-all.ts';
import type { ProviderSettings } from './provider-settings.ts';

/** Providers and models as they are stored, the newest first. */
export interface TargetRows {
  readonly providers: readonly StoredProvider[];
  readonly models: readonly StoredModel[];
}

export interface StoredTargetsInput extends CredentialReader {
  /** Undefined: sealed credentials cannot be opened. */
  readonly box: SecretBox | undefined;
  /** Age in days at which a credential should be replaced. */
  readonly rotationDays: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface LoadedTargets {
  readonly stored: StoredTargetsConfig;
  /** Sentences for the operator. */
  readonly notices: readonly string[];
}

/** Rows that are read at most, of each table. */
const MOST_ROWS = 100_000;

/** Rejects where the record does not answer. */
export async function readTargetRows(stores: {
  readonly providers: Pick<ProviderStore, 'list'>;
  readonly models: Pick<ModelStore, 'list'>;
}): Promise<TargetRows> {
  const [providers, models] = await Promise.all([
    listAll<StoredProvider>(stores.providers, MOST_ROWS),
    listAll<StoredModel>(stores.models, MOST_ROWS),
  ]);
  return { providers, models };
}

/**
 * Providers and models of the record as the configuration names its own. What is wrong with one keeps that one from being
 * used and is told; the others are not touched by it.
 */
export async function storedTargetsOf(rows: TargetRows, input: StoredTargetsInput): Promise<LoadedTargets> {
  const notices: string[] = [];
  const providers: ProviderConfig[] = [];
  const places = new Map<string, number>();
  // The oldest first, so that what is added later does not change the names of what is there.
  for (const row of rows.providers.toReversed()) {
    const provider = await readProvider(row, input, notices);
    if (provider === undefined) continue;
    places.set(row.id, providers.length);
    providers.push(provider);
  }
  const models = rows.models.flatMap(
    ({ isActive, name, providerId, providerModelName }): readonly StoredModelConfig[] => {
      const provider = places.get(providerId);
      return provider === undefined || !isActive ? [] : [{ name, provider, upstreamModel: providerModelName }];
    },
  );
  return { stored: { providers, models }, notices };
}

async function readProvider(
  row: StoredProvider,
  input: StoredTargetsInput,
  notices: string[],
): Promise<ProviderConfig | undefined> {
  const { baseUrl, isActive, kind, name } = row;
  if (findProviderByName(kind) === undefined) {
    notices.push(`The provider ${name} of the record is left out: its kind ${kind} is not known to this version.`);
    return undefined;
  }
  if (isActive && isRotationDue(row, input.rotationDays, input.now)) {
    notices.push(
      `The credential of the provider ${name} is older than ${input.rotationDays} days. Replace it with PUT /admin/providers/${row.id}.`,
    );
  }
  const credential = await openCredential(row, input, notices);
  // Its shape was checked by who wrote it.
  const settings = row.settings as ProviderSettings;
  return {
    ...noTargetOptions,
    name,
    kind,
    enabled: isActive,
    apiKey: credential.apiKey,
    ...(credential.unset !== undefined && { unset: { apiKey: credential.unset } }),
    baseUrl: baseUrl ?? undefined,
    apiVersion: settings.api_version,
    defaultModel: undefined,
    models: undefined,
    region: settings.region,
    timeoutMs: settings.timeout_seconds === undefined ? undefined : settings.timeout_seconds * 1_000,
    maxRetries: settings.max_retries,
    requestsPerMinute: settings.requests_per_minute,
    tokensPerMinute: settings.tokens_per_minute,
  };
}

interface OpenedCredential {
  readonly apiKey: string | null | undefined;
  /** What is not there, where the credential cannot be had. */
  readonly unset?: string;
}

async function openCredential(
  { apiKeyEncrypted, apiKeyRef, id, name }: StoredProvider,
  input: StoredTargetsInput,
  notices: string[],
): Promise<OpenedCredential> {
  if (apiKeyRef !== null) {
    const apiKey = await readCredential(apiKeyRef, input);
    return apiKey === undefined ? { apiKey: null, unset: apiKeyRef } : { apiKey };
  }
  if (apiKeyEncrypted === null) return { apiKey: undefined };
  const lost: OpenedCredential = { apiKey: null, unset: 'the key that opens its credential' };
  try {
    const apiKey = input.box?.open(apiKeyEncrypted, providerContext(id));
    if (apiKey !== undefined) return { apiKey };
    notices.push(`The credential of the provider ${name} cannot be opened: set SECRETS_ENCRYPTION_KEY or ADMIN_KEY.`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    notices.push(`The credential of the provider ${name} cannot be opened, so it is not used. ${why}`);
  }
  return lost;
}
