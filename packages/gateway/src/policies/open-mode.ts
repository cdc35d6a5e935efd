import { GatewayError } from '../canonical/gateway-error.ts';
import type { AuthConfig, GatewayConfig, ServerConfig } from '../config/gateway-config.ts';
import { createAddressSet } from './address-set.ts';
import type { RequestPolicy } from './request-policy.ts';

type OpenModeConfig = {
  readonly auth: Pick<AuthConfig, 'mode' | 'modeGiven'>;
  readonly server: Pick<ServerConfig, 'host' | 'hostGiven'>;
};

const isLoopback = createAddressSet(['127.0.0.0/8', '::1']);

/**
 * An open gateway that nobody asked for spends the operator's provider keys for whoever finds it, so it answers only
 * clients on the same machine. Throws `loopback_only`. Undefined when keys are required, or somebody chose the mode or the host.
 */
export function createOpenMode(config: OpenModeConfig): RequestPolicy | undefined {
  if (!isUnintended(config)) return undefined;
  return ({ peerAddress, clientAddress }) => {
    if (isLoopback(peerAddress) && isLoopback(clientAddress)) return;
    throw new GatewayError(
      'loopback_only',
      `This gateway has no keys configured and answers only clients on its own machine. ${remedies}`,
    );
  };
}

/** The sentence that the start should print about an open gateway; undefined when there is nothing to warn of. */
export function openModeWarning(
  config: Pick<GatewayConfig, 'auth' | 'server'>,
  hasRealKeys: boolean,
): string | undefined {
  if (config.auth.mode !== 'open' || isLoopbackHost(config.server.host)) return undefined;
  if (isUnintended(config)) return `No keys are configured, so only clients on this machine are answered. ${remedies}`;
  if (!hasRealKeys) return undefined;
  return (
    `The gateway is open on ${config.server.host}: whoever reaches it spends the provider keys it holds. ` +
    'Set keys (`auth.keys` or GATEWAY_API_KEYS) to require one.'
  );
}

const remedies =
  'To let others in, set keys (`auth.keys` or GATEWAY_API_KEYS), set a host (`--host`, `server.host` or LISTEN_ADDR), ' +
  'or set `auth.mode: open`.';

function isUnintended({ auth, server }: OpenModeConfig): boolean {
  return auth.mode === 'open' && !auth.modeGiven && !server.hostGiven;
}

function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || isLoopback(host.replace(/^\[(.*)\]$/, '$1'));
}
