import type { ProtocolName } from '../../canonical/protocol-name.ts';
import { usualProtocol } from '../../protocols/find-protocol.ts';

/** A path of the admin API; what is at it is for those to learn who may come in. */
export interface AdminMatch {
  readonly kind: 'admin';
  /** Undecoded, without the query. */
  readonly path: string;
  readonly query: string;
  /** Errors are told in it. */
  readonly protocol: ProtocolName;
}

/** Finds the paths of the admin API; undefined for every other path. */
export function matchAdmin(path: string, query: string): AdminMatch | undefined {
  return path.startsWith('/admin/') ? { kind: 'admin', path, query, protocol: usualProtocol } : undefined;
}
