import type { Clock } from '../canonical/clock.ts';
import type { SignRequest } from '../routing/target.ts';
import { type AwsIdentity, awsIdentity } from './aws-identity.ts';
import { type EntraIdentity, issueEntraToken } from './entra-identity.ts';
import { createExpiringToken } from './expiring-token.ts';
import { type GoogleIdentity, issueGoogleToken } from './google-identity.ts';
import { signRequest } from './sigv4.ts';

/**
 * Sends a small request of the gateway's own and reads the JSON that comes back. Throws GatewayError `upstream_failed` when
 * nobody answers.
 */
export type FetchJson = (request: {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}) => Promise<{ readonly status: number; readonly body: unknown }>;

/** Where credentials come from that are no plain keys. What they return is shared by the targets of one identity. */
export interface CredentialSources {
  readonly aws: (identity: AwsIdentity) => SignRequest;
  readonly google: (identity: GoogleIdentity) => SignRequest;
  readonly entra: (identity: EntraIdentity) => SignRequest;
}

export interface CredentialSourcesOptions {
  readonly clock: Clock;
  readonly fetchJson: FetchJson;
  readonly readFile: (path: string) => Promise<string>;
}

/** Headers whose values a request's signature covers; all that AWS asks for, and none that a proxy may touch. */
const signedHeaders: ReadonlySet<string> = new Set(['content-type']);

export function createCredentialSources(options: CredentialSourcesOptions): CredentialSources {
  const { clock } = options;
  const bearer = (issue: Parameters<typeof createExpiringToken>[0]['issue']): SignRequest => {
    const token = createExpiringToken({ issue, now: () => clock.now() });
    return async () => ['authorization', `Bearer ${await token()}`];
  };
  return {
    aws(identity) {
      const credentials = awsIdentity(identity);
      return async ({ method, url, headers, body }) => {
        const { host, pathname, search } = new URL(url);
        return flat(
          signRequest({
            method,
            path: pathname,
            query: search.slice(1),
            headers: { host, ...chosen(headers) },
            body: body ?? Buffer.alloc(0),
            region: identity.region,
            service: 'bedrock',
            credentials: await credentials(),
            date: new Date(clock.wallNow()),
          }),
        );
      };
    },
    google: (identity) => bearer(() => issueGoogleToken(identity, options)),
    entra: (identity) => bearer(() => issueEntraToken(identity, options)),
  };
}

function chosen(headers: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]!.toLowerCase();
    if (signedHeaders.has(name)) found[name] = headers[index + 1]!;
  }
  return found;
}

function flat(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).flat();
}
