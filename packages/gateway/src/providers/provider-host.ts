import type { ProviderDefinition } from './define-provider.ts';

/** Whether a host name is one of a provider's hosts, or below one. */
export function isHostOf({ hosts }: Pick<ProviderDefinition, 'hosts'>, hostname: string): boolean {
  return hosts.some((host) => hostname === host || hostname.endsWith(`.${host}`));
}
