import type { CredentialSourcesOptions } from './credential-sources.ts';
import type { IssuedToken } from './expiring-token.ts';
import { readTokenReply } from './google-identity.ts';

/** Who asks Azure, where it is no resource's key: an application registered with Entra. */
export interface EntraIdentity {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

const SCOPE = 'https://cognitiveservices.azure.com/.default';

/**
 * A token for an application by its secret (RFC 6749, section 4.4).
 * See https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow.
 */
export async function issueEntraToken(
  identity: EntraIdentity,
  options: CredentialSourcesOptions,
): Promise<IssuedToken> {
  const { clientId, clientSecret, tenantId } = identity;
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    scope: SCOPE,
  });
  const url = `https://login.microsoftonline.com/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`;
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const reply = await options.fetchJson({ method: 'POST', url, headers, body: form.toString() });
  return readTokenReply(reply, options.clock.now(), 'Entra');
}
