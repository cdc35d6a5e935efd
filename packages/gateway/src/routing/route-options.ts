import type { RouteOptions } from '../config/gateway-config.ts';

/** How routes treat their requests where nothing is configured. */
export const defaultRouteOptions: RouteOptions = {
  streamRecovery: 'auto',
  stickyBy: { kind: 'key' },
  hedging: undefined,
  singleFlight: false,
};

/** The options of a route: the defaults, then what holds for all routes, then what its pool says. */
export function routeOptionsOf(
  all: RouteOptions | undefined,
  own: Partial<RouteOptions> | undefined = undefined,
): RouteOptions {
  return { ...defaultRouteOptions, ...all, ...own };
}
