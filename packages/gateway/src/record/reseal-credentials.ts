import { resealProviders } from '../credentials/secret-rotation.ts';
import type { ProviderStore } from '../stores/provider-store.ts';
import type { Log } from '../telemetry/telemetry.ts';
import type { RecordSecrets } from './record-secrets.ts';

/** Encrypts with the newest key what was encrypted with an older one, and tells of what cannot be, and why it should. */
export async function resealCredentials(providers: ProviderStore, secrets: RecordSecrets, log: Log): Promise<void> {
  const { lost, resealed } = await resealProviders(providers, async () => (await secrets.open()).box);
  if (resealed > 0) log.info('record', `${resealed} credentials were encrypted anew with the newest key`);
  if (lost.length > 0) {
    log.warn('record', `Credentials that no key opens, to be entered anew: ${lost.slice(0, 20).join(', ')}`);
  }
  if (!secrets.isDerived) return;
  const remedy =
    'Set SECRETS_ENCRYPTION_KEY, such as of "openssl rand -hex 32": what is stored is encrypted anew then.';
  log.warn('record', `Credentials of providers are encrypted with a key derived from ADMIN_KEY. ${remedy}`);
}
