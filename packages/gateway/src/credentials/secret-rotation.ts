import type { ProviderStore, StoredProvider } from '../stores/provider-store.ts';
import type { SecretBox } from './secret-box.ts';

const DAY_MS = 86_400_000;
/** Age in days at which a credential should be replaced, where nobody says another. */
export const DEFAULT_ROTATION_DAYS = 90;

/**
 * Whether a credential is older than it should get; how old one is that lies elsewhere, nobody knows here. Times in
 * milliseconds since 1970.
 */
export function isRotationDue(
  { apiKeyRef, rotatedAt }: Pick<StoredProvider, 'apiKeyRef' | 'rotatedAt'>,
  rotationDays: number,
  now: number,
): boolean {
  return apiKeyRef === null && rotatedAt !== null && now - rotatedAt >= rotationDays * DAY_MS;
}

/** The context in which a provider's credential is sealed. */
export function providerContext(providerId: string): string {
  return `provider:${providerId}`;
}

export interface Resealing {
  readonly resealed: number;
  /** Names of providers whose credential could not be opened: its key is not set any more. */
  readonly lost: readonly string[];
}

/**
 * Seals every credential with the box's newest key that was sealed with an older one. It may be repeated at any time. The
 * box is asked for only where something is sealed.
 */
export async function resealProviders(
  providers: Pick<ProviderStore, 'reseal' | 'sealed'>,
  openBox: () => Promise<SecretBox>,
): Promise<Resealing> {
  const sealedProviders = await providers.sealed();
  let resealed = 0;
  const lost: string[] = [];
  if (sealedProviders.length === 0) return { resealed, lost };
  const box = await openBox();
  for (const { id, name, apiKeyEncrypted, keyId } of sealedProviders) {
    if (apiKeyEncrypted === null || keyId === box.keyId) continue;
    const context = providerContext(id);
    let sealed: string;
    try {
      sealed = box.seal(box.open(apiKeyEncrypted, context), context);
    } catch {
      lost.push(name);
      continue;
    }
    if (await providers.reseal(id, apiKeyEncrypted, { apiKeyEncrypted: sealed, keyId: box.keyId })) resealed += 1;
  }
  return { resealed, lost };
}
