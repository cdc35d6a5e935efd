import { GatewayError } from '../canonical/gateway-error.ts';
import type { KeyAnswer } from '../policies/key-lookup.ts';
import type { Collection, StoredItem } from '../stores/collection.ts';
import type { ApiKey, FoundKey } from '../stores/key-store.ts';
import type { TenantStore } from '../stores/tenant-store.ts';
import type { KeyDirectory } from './key-directory.ts';

/** The record: what is asked of it is answered when the test says so, or at once. */
export class FakeRecord {
  readonly keys = new Map<string, FoundKey>();
  readonly owners = new Map<string, StoredItem>();
  asked: string[] = [];
  isSilent = false;
  #held: (() => void)[] = [];
  #isHolding = false;

  put(hash: string, changes: Partial<ApiKey> = {}, validUntil: number | null = null): void {
    const key: ApiKey = {
      id: `id-of-${hash}`,
      name: hash,
      prefix: 'sk-',
      tenantId: null,
      teamId: null,
      scopes: {},
      requestsPerMinute: null,
      tokensPerMinute: null,
      tokenBudget: null,
      usageResetAt: null,
      maxConcurrent: null,
      metadata: {},
      createdAt: 0,
      updatedAt: 0,
      expiresAt: null,
      revokedAt: null,
      rotatedAt: null,
      graceUntil: null,
      lastUsedAt: null,
      ...changes,
    };
    this.keys.set(hash, { key, hash, validUntil });
  }

  hold(): void {
    this.#isHolding = true;
  }

  async release(): Promise<void> {
    this.#isHolding = false;
    for (const go of this.#held.splice(0)) go();
    await settle();
  }

  async findByHash(hash: string): Promise<FoundKey | undefined> {
    this.asked.push(hash);
    if (this.isSilent) throw new GatewayError('store_unavailable', 'silent');
    // What is read is what is there now, whenever it arrives.
    const found = this.keys.get(hash);
    if (this.#isHolding) await new Promise<void>((resolve) => this.#held.push(resolve));
    return found;
  }

  async validHashes(after: string, limit: number): Promise<readonly FoundKey[]> {
    if (this.isSilent) throw new GatewayError('store_unavailable', 'silent');
    return [...this.keys.values()]
      .filter(({ hash }) => hash > after)
      .sort((a, b) => (a.hash < b.hash ? -1 : 1))
      .slice(0, limit);
  }

  get tenants(): TenantStore {
    const get = async (id: string) => {
      if (this.isSilent) throw new GatewayError('store_unavailable', 'silent');
      return this.owners.get(id);
    };
    const collection = { get } as unknown as Collection<never>;
    return { organisations: collection, teams: collection, tenants: collection };
  }
}

export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

const shortOf = (answer: KeyAnswer): string => ('refusal' in answer ? answer.refusal : answer.principal.name);

/** Asks a directory for a key: the name of whose it is, or why it is refused. */
export function askInShort(directory: () => KeyDirectory) {
  return {
    find: async (hash: string): Promise<string> => shortOf(await directory().find(hash)),
    /** What is answered without a wait; undefined when there is one. */
    findNow(hash: string): string | undefined {
      const answer = directory().find(hash);
      if (answer instanceof Promise) {
        answer.catch(() => undefined);
        return undefined;
      }
      return shortOf(answer);
    },
  };
}
