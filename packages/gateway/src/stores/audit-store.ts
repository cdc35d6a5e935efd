/** Something that happened and is to be remembered. It holds no secret. */
export interface AuditEntry {
  /** What it was, such as `key.created` or `auth.failed`. */
  readonly kind: string;
  /** Who did it: the id of a key, `admin`, `system`, or `anonymous`. */
  readonly actor: string;
  readonly outcome: 'success' | 'failure' | 'denied';
  readonly tenantId?: string | null;
  /** What it was done to, such as the id of a key. */
  readonly subject?: string | null;
  readonly requestId?: string | null;
  /** The address it came from. */
  readonly address?: string | null;
  /** What else there is to know, as JSON can say it. */
  readonly detail?: Readonly<Record<string, unknown>>;
  /** A longer text that is kept beside the event, whose detail gets its SHA-256 as `body_sha256`. */
  readonly body?: string;
}

/** An entry in its place in the chain. */
export interface AuditEvent extends Required<Omit<AuditEntry, 'body'>> {
  /** 1 for the first event of all, without gaps. */
  readonly seq: number;
  /** Milliseconds since 1970; never earlier than the event before. */
  readonly at: number;
  /** Hash of the event before, empty for the first. */
  readonly previousHash: string;
  readonly hash: string;
}

export interface AuditQuery {
  readonly kind?: string;
  readonly actor?: string;
  readonly tenantId?: string;
  readonly subject?: string;
  /** Milliseconds since 1970, inclusive. */
  readonly from?: number;
  /** Milliseconds since 1970, exclusive. */
  readonly to?: number;
  /** Only events before this one, for the next page. */
  readonly beforeSeq?: number;
  /** At most so many. Default: 100, maximum: 1,000. */
  readonly limit?: number;
}

/** An event with what is kept beside it; null where there is nothing, or nothing any more. */
export interface ExportedEvent extends AuditEvent {
  readonly body: string | null;
}

/** What came of a check of the chain. */
export type AuditVerdict =
  | {
      readonly isIntact: true;
      readonly events: number;
      /** Of the events, those whose body is still kept; each was compared with its hash. */
      readonly bodies: number;
      readonly lastSeq: number;
      readonly lastHash: string;
    }
  /** The first event at fault, undefined where it is what is known of all of them, and what is wrong. */
  | { readonly isIntact: false; readonly seq: number | undefined; readonly problem: string };

/**
 * Events that are only ever added. Each carries a hash over itself and the hash of the one before, so that none can be
 * changed, taken out or put in without `verify` seeing it. However many write at once, there is one chain. Rejects with
 * `store_unavailable` when the record cannot be reached in time; what is rejected may be kept nevertheless.
 */
export interface AuditStore {
  /** Adds entries in their order, all or none. */
  append(entries: readonly AuditEntry[]): Promise<readonly AuditEvent[]>;
  /** The newest first. */
  list(query?: AuditQuery): Promise<readonly AuditEvent[]>;
  /** Every event from `fromSeq` on in its order, read page by page. */
  export(fromSeq?: number, signal?: AbortSignal): AsyncIterable<ExportedEvent>;
  /** Checks every hash and every link, that neither end is missing, and every body that is kept. */
  verify(signal?: AbortSignal): Promise<AuditVerdict>;
  /** Deletes the events before a time, in milliseconds since 1970, but never the newest; gives their number. */
  prune(before: number): Promise<number>;
  /** Deletes the bodies of events before a time, which stay; gives their number. */
  pruneBodies(before: number): Promise<number>;
}
