import type { ProtocolName } from '../canonical/protocol-name.ts';
import { usualProtocol } from '../protocols/find-protocol.ts';

/** Pages for operators: what the gateway does and why, below `/api/v1/`. */
export type ManagementPage =
  | 'backends_health'
  | 'cache_clear'
  | 'cache_config'
  | 'cache_entries'
  | 'cache_stats'
  | 'cost_report'
  | 'latency_report'
  | 'routing_config'
  | 'routing_rules'
  | 'routing_stats'
  | 'routing_test'
  | 'routing_weights'
  | 'token_report'
  | 'usage_export';

/** A management page that was asked for. Whether the method fits is for those to learn who may come in. */
export interface ManagementMatch {
  readonly kind: 'management';
  readonly page: ManagementPage;
  /** Methods that it has, when that of the request is none of them. */
  readonly allow: string | undefined;
  readonly query: string;
  /** Errors are told in it. */
  readonly protocol: ProtocolName;
}

const paths: Readonly<Record<string, { readonly page: ManagementPage; readonly methods: readonly string[] }>> = {
  '/api/v1/backends/health': { page: 'backends_health', methods: ['GET', 'HEAD'] },
  '/api/v1/cache/clear': { page: 'cache_clear', methods: ['POST'] },
  '/api/v1/cache/config': { page: 'cache_config', methods: ['GET', 'HEAD'] },
  '/api/v1/cache/entries': { page: 'cache_entries', methods: ['GET', 'HEAD'] },
  '/api/v1/cache/stats': { page: 'cache_stats', methods: ['GET', 'HEAD'] },
  '/api/v1/metrics/cost': { page: 'cost_report', methods: ['GET', 'HEAD'] },
  '/api/v1/metrics/latency': { page: 'latency_report', methods: ['GET', 'HEAD'] },
  '/api/v1/metrics/tokens': { page: 'token_report', methods: ['GET', 'HEAD'] },
  '/api/v1/routing/config': { page: 'routing_config', methods: ['GET', 'HEAD'] },
  '/api/v1/routing/rules': { page: 'routing_rules', methods: ['GET', 'HEAD'] },
  '/api/v1/routing/stats': { page: 'routing_stats', methods: ['GET', 'HEAD'] },
  '/api/v1/routing/test': { page: 'routing_test', methods: ['POST'] },
  '/api/v1/routing/weights': { page: 'routing_weights', methods: ['GET', 'HEAD'] },
  '/api/v1/usage/export': { page: 'usage_export', methods: ['GET', 'HEAD'] },
};

/** Every path of a management page, and how it is asked. */
export const managementPaths: readonly (readonly [path: string, method: string])[] = Object.entries(paths).map(
  ([path, { methods }]) => [path, methods[0]!],
);

/** Finds a management page by its path, undecoded; undefined for every other path. */
export function matchManagement(method: string, path: string, query: string): ManagementMatch | undefined {
  if (!path.startsWith('/api/v1/') || !Object.hasOwn(paths, path)) return undefined;
  const { methods, page } = paths[path]!;
  const allow = methods.includes(method) ? undefined : methods.join(', ');
  return { kind: 'management', page, allow, query, protocol: usualProtocol };
}

/** Headers under which nobody keeps an answer; those of every page may say so already. */
export function unstored(headers: readonly string[]): readonly string[] {
  const isSaid = headers.some((name, index) => index % 2 === 0 && name.toLowerCase() === 'cache-control');
  return isSaid ? headers : [...headers, 'cache-control', 'no-store'];
}
