import type { IncomingHttpHeaders } from 'node:http';
import { GatewayError } from '../canonical/gateway-error.ts';
import type { AuthConfig, GatewayConfig, ServerConfig } from '../config/gateway-config.ts';
import { createAddressSet } from './address-set.ts';
import type { RequestPolicy } from './request-policy.ts';

type OpenModeConfig = {
  readonly auth: Pick<AuthConfig, 'mode' | 'modeGiven'>;
  readonly server: Pick<ServerConfig, 'host' | 'hostGiven' | 'trustedProxies'>;
};

const isLoopback = createAddressSet(['127.0.0.0/8', '::1']);

/**
 * An open gateway that nobody asked for spends the operator's provider keys for whoever finds it, so it answers only
 * clients on the same machine: by their address, without a proxy between that the configuration does not trust, and under
 * a name of this machine, because a web page can give its own name this machine's address. Throws `loopback_only`.
 * Undefined when keys are required, or somebody chose the mode or the host.
 */
export function createOpenMode(config: OpenModeConfig): RequestPolicy | undefined {
  if (!isUnintended(config)) return undefined;
  const isTrusted = createAddressSet(config.server.trustedProxies);
  return ({ peerAddress, clientAddress, headers }) => {
    if (!isLoopback(peerAddress) || !isLoopback(clientAddress)) throw refusal('');
    // A trusted proxy is believed by one header; without it, its own address would pass for its caller's.
    const isTold = headers['x-forwarded-for'] !== undefined && isTrusted(peerAddress);
    if (isForwarded(headers) && !isTold) throw refusal(', and this request came through a proxy');
    if (!isLoopbackName(headers.host)) {
      throw refusal(' under a name such as localhost, and this request asks for another host');
    }
  };
}

function refusal(more: string): GatewayError {
  const rule = 'This gateway has no keys configured and answers only clients on its own machine';
  return new GatewayError('loopback_only', `${rule}${more}. ${remedies}`);
}

/** Headers by which proxies tell of whom they ask for. */
function isForwarded(headers: IncomingHttpHeaders): boolean {
  return (
    headers['x-forwarded-for'] !== undefined ||
    headers.forwarded !== undefined ||
    headers['x-real-ip'] !== undefined ||
    headers.via !== undefined
  );
}

/** Whether a Host header, with or without a port, is `localhost`, a name below it, or a loopback address. */
function isLoopbackName(host: string | undefined): boolean {
  const name = /^(\[[^\]]+\]|[^:]+)(?::\d*)?$/.exec(host?.trim().toLowerCase() ?? '')?.[1]?.replace(/\.$/, '');
  if (name === undefined) return false;
  return name === 'localhost' || name.endsWith('.localhost') || isLoopback(withoutBrackets(name));
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
  return host === 'localhost' || isLoopback(withoutBrackets(host));
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}
