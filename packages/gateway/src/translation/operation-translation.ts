import type { JsonObject } from '../canonical/json.ts';
import type { Failure } from '../resilience/failure.ts';
import type { RewrittenAnswer } from './translated-unary.ts';

/** A request that is no chat, in the words of another wire: as one call, or as several where it takes less at once. */
export interface OperationTranslation {
  /** None: the gateway answers by itself. */
  readonly calls: readonly OperationCall[];
  /** Flat name, value list that authorizes the calls. */
  readonly credentialHeaders: readonly string[];
  /** What was left out, as the caller calls it. */
  readonly dropped: readonly string[];
  /** The caller's answer, of the answers to all calls. Throws GatewayError `upstream_malformed` when one is none. */
  readonly rewrite: (answers: readonly OperationReply[]) => RewrittenAnswer | Failure;
}

/** One whole answer of the target. */
export interface OperationReply {
  readonly body: JsonObject;
  /** A header by lower-case name. */
  readonly header: (name: string) => string | undefined;
}

export interface OperationCall {
  /** Path and query on the target's origin. */
  readonly path: string;
  readonly body: Buffer;
}
