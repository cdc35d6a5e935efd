import type { Clock } from '../../canonical/clock.ts';
import type { KeptItem } from '../../protocols/answer-keeping.ts';
import {
  MAX_RESPONSE_BYTES,
  type ResponseLimits,
  type ResponseStore,
  type StoredResponse,
  sizeOf,
} from '../response-store.ts';

export interface MemoryResponseStoreInput {
  readonly clock: Pick<Clock, 'now'>;
  /** Asked at each `put`, since a reload may change them. */
  readonly limits: () => ResponseLimits;
}

export interface MemoryResponseStore extends ResponseStore {
  get(owner: string, id: string): StoredResponse | undefined;
  delete(owner: string, id: string): boolean;
  items(owner: string, ids: readonly string[]): readonly KeptItem[];
  /** What is kept now. */
  size(): { readonly entries: number; readonly items: number; readonly bytes: number };
}

/** Keeps responses in this process's memory. Every answer is immediate. */
export function createMemoryResponseStore(input: MemoryResponseStoreInput): MemoryResponseStore {
  return new ResponseTable(input);
}

interface Entry {
  readonly response: StoredResponse;
  readonly bytes: number;
  readonly expiresAt: number;
}

interface HeldItem {
  item: KeptItem;
  /** Responses that have it: a conversation's items are in each of its answers. */
  holders: number;
}

class ResponseTable implements MemoryResponseStore {
  readonly #input: MemoryResponseStoreInput;
  /** In the order of use, the least recent first. */
  readonly #entries = new Map<string, Entry>();
  /** The same keys in the order of age, the oldest first. */
  readonly #ages = new Set<string>();
  readonly #items = new Map<string, HeldItem>();
  #bytes = 0;

  constructor(input: MemoryResponseStoreInput) {
    this.#input = input;
  }

  put(response: StoredResponse): void {
    const { clock, limits } = this.#input;
    const { maxBytes, maxEntries, ttlMs } = limits();
    const key = keyOf(response.owner, response.id);
    this.#dropExpired();
    this.#drop(key);
    const bytes = sizeOf(response);
    if (bytes > Math.min(MAX_RESPONSE_BYTES, maxBytes)) return;
    this.#entries.set(key, { response, bytes, expiresAt: clock.now() + ttlMs });
    this.#ages.add(key);
    this.#bytes += bytes;
    for (const item of itemsOf(response)) this.#hold(response.owner, item);
    while (this.#entries.size > maxEntries || this.#bytes > maxBytes) this.#drop(this.#entries.keys().next().value!);
  }

  get(owner: string, id: string): StoredResponse | undefined {
    this.#dropExpired();
    const key = keyOf(owner, id);
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.response;
  }

  delete(owner: string, id: string): boolean {
    this.#dropExpired();
    return this.#drop(keyOf(owner, id));
  }

  items(owner: string, ids: readonly string[]): readonly KeptItem[] {
    this.#dropExpired();
    return ids.flatMap((id) => this.#items.get(keyOf(owner, id))?.item ?? []);
  }

  size(): { readonly entries: number; readonly items: number; readonly bytes: number } {
    return { entries: this.#entries.size, items: this.#items.size, bytes: this.#bytes };
  }

  #hold(owner: string, item: KeptItem): void {
    const key = keyOf(owner, item.id);
    const held = this.#items.get(key);
    if (held === undefined) {
      this.#items.set(key, { item, holders: 1 });
      return;
    }
    held.item = item;
    held.holders += 1;
  }

  /** Each call looks at the oldest only, so that nothing needs a timer. */
  #dropExpired(): void {
    const now = this.#input.clock.now();
    for (const key of this.#ages) {
      if (this.#entries.get(key)!.expiresAt > now) return;
      this.#drop(key);
    }
  }

  #drop(key: string): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#entries.delete(key);
    this.#ages.delete(key);
    this.#bytes -= entry.bytes;
    const { response } = entry;
    for (const { id } of itemsOf(response)) {
      const itemKey = keyOf(response.owner, id);
      const held = this.#items.get(itemKey);
      if (held === undefined) continue;
      held.holders -= 1;
      if (held.holders === 0) this.#items.delete(itemKey);
    }
    return true;
  }
}

function itemsOf({ input, output }: StoredResponse): readonly KeptItem[] {
  return [...input, ...output];
}

/** An owner is a digest or a word: it has no space. */
function keyOf(owner: string, id: string): string {
  return `${owner} ${id}`;
}
