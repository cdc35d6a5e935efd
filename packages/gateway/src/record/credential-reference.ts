/** Where credentials are found that the record only refers to. */
export interface CredentialReader {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Rejects when the file cannot be read. */
  readonly readFile: (path: string) => Promise<string>;
}

/** The gateway's own secrets, which no provider is sent. */
const ownSecrets: ReadonlySet<string> = new Set([
  'ADMIN_KEY',
  'DATABASE_URL',
  'GATEWAY_API_KEYS',
  'REDIS_URL',
  'REQUEST_SIGNING_SECRET',
  'SECRETS_ENCRYPTION_KEY',
]);

/** Whether a text says where a credential is, in place of being one: `env:NAME` or `file:/path`. */
export function isCredentialReference(text: string): boolean {
  return /^(?:env:[A-Za-z_]\w{0,255}|file:\/[^\0]{1,1024})$/.test(text);
}

/** Whether a reference is to a secret of the gateway itself. */
export function isOwnSecret(reference: string): boolean {
  return ownSecrets.has(reference.slice('env:'.length));
}

/** The credential that a reference leads to; undefined when it is not there. */
export async function readCredential(
  reference: string,
  { env, readFile }: CredentialReader,
): Promise<string | undefined> {
  if (reference.startsWith('env:')) {
    return isOwnSecret(reference) ? undefined : env[reference.slice('env:'.length)]?.trim() || undefined;
  }
  const text = await readFile(reference.slice('file:'.length)).catch(() => '');
  return text.trim() || undefined;
}
