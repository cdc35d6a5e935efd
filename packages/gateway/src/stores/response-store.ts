import type { KeptItem } from '../protocols/answer-keeping.ts';

/** One answer with the whole conversation that it answers. */
export interface StoredResponse {
  readonly id: string;
  /** Identity of whoever asked for it; nobody else reads it. */
  readonly owner: string;
  /** The answer as its caller got it: JSON text of an object. */
  readonly response: string;
  /** Everything that was said before it, earlier answers included. */
  readonly input: readonly KeptItem[];
  /** What it says itself. */
  readonly output: readonly KeptItem[];
}

export interface ResponseLimits {
  readonly maxEntries: number;
  /** Bytes in all. */
  readonly maxBytes: number;
  /** Milliseconds for which an answer is kept. */
  readonly ttlMs: number;
}

/** A longer one is not kept: a few of them would push out everybody else's. */
export const MAX_RESPONSE_BYTES = 4 * 1024 * 1024;

/** What a response takes, in bytes. */
export function sizeOf({ id, owner, response, input, output }: StoredResponse): number {
  let size = id.length + owner.length + Buffer.byteLength(response);
  for (const item of input) size += item.id.length + Buffer.byteLength(item.json);
  for (const item of output) size += item.id.length + Buffer.byteLength(item.json);
  return size;
}

/**
 * Keeps answers so that later requests can refer to them. Everything is found by its owner only. What is kept is bounded
 * in number, bytes and age; the least recently used goes first, and what is too large is not kept at all. Answers at once
 * where it can (memory), as a promise where it must ask (another process); a store that cannot be reached throws
 * GatewayError `store_unavailable`, but never for `put`, whose caller has its answer already.
 */
export interface ResponseStore {
  /** Keeps a response; one of the same owner and id goes. */
  put(response: StoredResponse): void;
  get(owner: string, id: string): StoredResponse | undefined | Promise<StoredResponse | undefined>;
  /** Whether there was one. */
  delete(owner: string, id: string): boolean | Promise<boolean>;
  /** Single items of any response of the owner, those that are found. */
  items(owner: string, ids: readonly string[]): readonly KeptItem[] | Promise<readonly KeptItem[]>;
}
