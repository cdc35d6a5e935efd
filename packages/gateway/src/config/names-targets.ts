import type { GatewayConfig } from './gateway-config.ts';

/** Whether a configuration names anybody to ask; without, there is only the built-in demo model. */
export function namesTargets({ backends, models, vllmBackends, providers, stored }: GatewayConfig): boolean {
  return [backends, models, vllmBackends, providers, stored?.providers ?? []].some((list) => list.length > 0);
}
