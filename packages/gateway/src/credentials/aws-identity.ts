import { GatewayError } from '../canonical/gateway-error.ts';
import type { AwsCredentials } from './sigv4.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Who signs requests to AWS. */
export interface AwsIdentity {
  readonly region: string;
  readonly environment: Environment;
}

/** AWS's own package, which knows profiles, roles, containers and machines. It is installed by whoever needs it. */
const CHAIN_PACKAGE = '@aws-sdk/credential-providers';

type Chain = () => Promise<{
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}>;

/**
 * Credentials from the usual variables; without them from AWS's own chain (profiles, roles, containers), if its package
 * is installed. Throws GatewayError `upstream_credentials` that says what to do.
 */
export function awsIdentity({ environment }: AwsIdentity): () => Promise<AwsCredentials> {
  const accessKeyId = environment['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = environment['AWS_SECRET_ACCESS_KEY'];
  if (accessKeyId && secretAccessKey) {
    const sessionToken = environment['AWS_SESSION_TOKEN'] || undefined;
    return async () => ({ accessKeyId, secretAccessKey, sessionToken });
  }
  let chain: Chain | undefined;
  return async () => {
    chain ??= await loadChain();
    try {
      // The chain keeps what it found and renews it in time.
      const { sessionToken, ...credentials } = await chain();
      return { ...credentials, sessionToken };
    } catch (cause) {
      throw new GatewayError('upstream_credentials', 'No AWS credentials were found in any of the usual places.', {
        cause,
      });
    }
  };
}

async function loadChain(): Promise<Chain> {
  try {
    const loaded = (await import(CHAIN_PACKAGE)) as { readonly fromNodeProviderChain: () => Chain };
    return loaded.fromNodeProviderChain();
  } catch (cause) {
    const message = `No AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or an API key in AWS_BEARER_TOKEN_BEDROCK, or install ${CHAIN_PACKAGE} for profiles and roles.`;
    throw new GatewayError('upstream_credentials', message, { cause });
  }
}
