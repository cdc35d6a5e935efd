import { createSign } from 'node:crypto';
import { GatewayError } from '../canonical/gateway-error.ts';
import { asString, isObject, type JsonObject } from '../canonical/json.ts';
import type { Environment } from './aws-identity.ts';
import type { CredentialSourcesOptions } from './credential-sources.ts';
import type { IssuedToken } from './expiring-token.ts';

/** Who asks Google's cloud. */
export interface GoogleIdentity {
  readonly environment: Environment;
  /** The JSON text of a service account's key; undefined: the file that a variable names, or the machine's own account. */
  readonly key: string | undefined;
}

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const TOKEN_URL = 'https://oauth2.googleapis.com/token';
/** Where machines and functions of Google's cloud learn who they are. */
const METADATA_TOKEN_URL = 'http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token';

/**
 * A token for Google's cloud: for a service account's key (RFC 7523), for the refresh token that `gcloud` leaves, or for
 * the account of the machine. Throws GatewayError: `upstream_credentials` where there is none or it is refused,
 * `upstream_failed` where who issues it cannot be asked now.
 */
export async function issueGoogleToken(
  identity: GoogleIdentity,
  options: CredentialSourcesOptions,
): Promise<IssuedToken> {
  const text = identity.key ?? (await readKeyFile(identity, options));
  if (text === undefined) return fromMachine(options);
  const key = parseKey(text);
  if (key['type'] === 'service_account') return exchange(assertionOf(key, options), options);
  if (key['type'] === 'authorized_user') return exchange(refreshOf(key), options);
  throw refusal(`Google credentials of type ${String(key['type'])} are not supported: use a service account's key.`);
}

async function readKeyFile(
  { environment }: GoogleIdentity,
  { readFile }: CredentialSourcesOptions,
): Promise<string | undefined> {
  const path = environment['GOOGLE_APPLICATION_CREDENTIALS'];
  if (!path) return undefined;
  try {
    return await readFile(path);
  } catch (cause) {
    throw refusal('The file that GOOGLE_APPLICATION_CREDENTIALS names cannot be read.', cause);
  }
}

function parseKey(text: string): JsonObject {
  try {
    const key: unknown = JSON.parse(text);
    if (isObject(key)) return key;
  } catch {
    // What it is instead must not be quoted: it may hold a key.
  }
  throw refusal("The Google credentials are not the JSON of a service account's key.");
}

/** A claim signed with the account's key, in exchange for which Google issues a token. */
function assertionOf(key: JsonObject, { clock }: CredentialSourcesOptions): URLSearchParams {
  const [email, privateKey] = [asString(key['client_email']), asString(key['private_key'])];
  if (email === undefined || privateKey === undefined)
    throw refusal("The Google service account's key has no client_email or private_key.");
  const issuedAt = Math.floor(clock.wallNow() / 1_000);
  const claims = { iss: email, scope: SCOPE, aud: TOKEN_URL, iat: issuedAt, exp: issuedAt + 3_600 };
  const header = { alg: 'RS256', typ: 'JWT', kid: asString(key['private_key_id']) };
  const signed = `${base64url(header)}.${base64url(claims)}`;
  let signature: string;
  try {
    signature = createSign('RSA-SHA256').update(signed).sign(privateKey, 'base64url');
  } catch {
    throw refusal('The private key of the Google service account cannot be read.');
  }
  return new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: `${signed}.${signature}`,
  });
}

function refreshOf(key: JsonObject): URLSearchParams {
  const member = (name: string) => asString(key[name]) ?? '';
  return new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: member('client_id'),
    client_secret: member('client_secret'),
    refresh_token: member('refresh_token'),
  });
}

async function exchange(form: URLSearchParams, { clock, fetchJson }: CredentialSourcesOptions): Promise<IssuedToken> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const reply = await fetchJson({ method: 'POST', url: TOKEN_URL, headers, body: form.toString() });
  return readTokenReply(reply, clock.now(), 'Google');
}

async function fromMachine({ clock, fetchJson }: CredentialSourcesOptions): Promise<IssuedToken> {
  const headers = { 'metadata-flavor': 'Google' };
  try {
    const reply = await fetchJson({ method: 'GET', url: METADATA_TOKEN_URL, headers, body: undefined });
    return readTokenReply(reply, clock.now(), 'Google');
  } catch (cause) {
    if (cause instanceof GatewayError && cause.kind === 'upstream_failed' && !isUnknownHost(cause.cause)) throw cause;
    throw refusal(
      "No Google credentials: set GOOGLE_APPLICATION_CREDENTIALS to the file of a service account's key.",
      cause,
    );
  }
}

/** Only machines of Google's cloud know the name of its server: who does not cannot have meant it. */
function isUnknownHost(cause: unknown): boolean {
  return isObject(cause) && cause['code'] === 'ENOTFOUND';
}

/**
 * The token in the reply of an issuer (RFC 6749, section 5). Its refusals are not quoted: they may repeat what was sent. Throws
 * GatewayError: `upstream_credentials` where it refuses, `upstream_failed` where it cannot say.
 */
export function readTokenReply(
  { status, body }: { readonly status: number; readonly body: unknown },
  now: number,
  issuer: string,
): IssuedToken {
  const token = isObject(body) ? asString(body['access_token']) : undefined;
  if (status !== 200 || token === undefined) {
    const code = isObject(body) ? asString(body['error']) : undefined;
    const reason = code !== undefined && /^[a-z_]{3,40}$/.test(code) ? ` (${code})` : '';
    const message = `${issuer} issued no token: HTTP ${status}${reason}.`;
    throw status === 429 || status >= 500 ? new GatewayError('upstream_failed', message) : refusal(message);
  }
  const seconds = Number((body as JsonObject)['expires_in'] ?? 3_600);
  return { token, expiresAt: now + seconds * 1_000 };
}

function base64url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function refusal(message: string, cause?: unknown): GatewayError {
  return new GatewayError('upstream_credentials', message, cause === undefined ? {} : { cause });
}
