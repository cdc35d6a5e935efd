import type { Clock } from '../canonical/clock.ts';
import type { PrincipalLimit } from '../canonical/exchange.ts';
import type { GatewayConfig } from '../config/gateway-config.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { dayRules } from '../policies/compiled-key-limits.ts';
import type { Collection, StoredItem } from '../stores/collection.ts';
import type { MemoryLimitStore, PastUse } from '../stores/memory/limit-store.ts';
import { readUsedQuotas, type UsedQuotasAsk } from '../stores/sql/used-quotas.ts';
import type { NamespaceSettings, Quotas } from '../stores/tenant-store.ts';
import type { Log } from '../telemetry/telemetry.ts';
import type { GatewayRecord } from './gateway-record.ts';
import { waitAtMost } from './wait-at-most.ts';

export interface QuotaAdoptionInput {
  /** Undefined: nothing is known of what was before. */
  readonly record: GatewayRecord | undefined;
  readonly config: Pick<GatewayConfig, 'redis' | 'tenants'>;
  readonly ledger: Ledger | undefined;
  /** Counts where no Redis does, which forgets nothing. */
  readonly limits: Pick<MemoryLimitStore, 'restore'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Milliseconds that a start waits for the ledger at most; what takes longer is counted when it is there. */
const WAIT_MS = 5_000;
/** Milliseconds to another try where the record does not answer. */
const RETRY_MS = 15_000;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const PAGE = 1_000;
/** Sums that are read at once: a day of a few thousand owners. */
const SUMS_AT_ONCE = 100_000;
/** Owners that are looked at, of each kind. */
const MOST_OWNERS = 100_000;

type Scope = Exclude<PrincipalLimit['scope'], 'key'>;

const owners: Readonly<Record<Scope, UsedQuotasAsk['owner']>> = {
  tenant: 'tenant_id',
  team: 'team_id',
  organisation: 'organisation_id',
};

/**
 * Counts what tenants, teams and organisations used of a day before this process began, as the ledger tells it: a start
 * forgets all counters, and a day is long. What was used within an hour leaves together with the last of it. Returns when
 * that is done, or takes too long, with what ends it; never rejects.
 */
export async function adoptQuotas(input: QuotaAdoptionInput): Promise<() => void> {
  const { clock, config, ledger, limits, log, record } = input;
  if (record === undefined || ledger === undefined || config.redis !== undefined) return () => undefined;
  const until = clock.wallNow();
  let isClosed = false;
  let cancelRetry = (): void => {};
  const adopt = async (): Promise<void> => {
    try {
      await ledger.drain();
      const uses = await usesBefore(input, record, until);
      if (!isClosed) limits.restore(uses);
    } catch (error) {
      if (isClosed) return;
      log.warn('quota', `What was used of quotas of a day was not read from the ledger: ${String(error)}`);
      cancelRetry = clock.schedule(() => void adopt(), RETRY_MS);
    }
  };
  await waitAtMost(clock, WAIT_MS, adopt());
  return () => {
    isClosed = true;
    cancelRetry();
  };
}

async function usesBefore(
  { clock, config }: QuotaAdoptionInput,
  { database, stores }: GatewayRecord,
  until: number,
): Promise<readonly PastUse[]> {
  const { organisations, teams, tenants } = stores.tenants;
  const [tenant, team, organisation] = await Promise.all([
    limitedOf(tenants),
    limitedOf(teams),
    limitedOf(organisations),
  ]);
  const limited: Readonly<Record<Scope, ReadonlySet<string>>> = {
    tenant: new Set([...tenant, ...idsOf([...(config.tenants ?? [])])]),
    team,
    organisation,
  };
  const uses: PastUse[] = [];
  for (const scope of ['tenant', 'team', 'organisation'] as const) {
    if (limited[scope].size === 0) continue;
    const ask = { owner: owners[scope], from: until - DAY_MS, to: until, rowsAtOnce: SUMS_AT_ONCE };
    const rules = dayRules(scope);
    for await (const { hour, owner, requests, tokens } of readUsedQuotas(database, ask)) {
      if (!limited[scope].has(owner)) continue;
      const ageMs = clock.wallNow() - Math.min(until, hour + HOUR_MS);
      uses.push({ rule: rules.requests, key: owner, units: requests, ageMs });
      uses.push({ rule: rules.tokens, key: owner, units: tokens, ageMs });
    }
  }
  return uses.filter(({ units }) => units > 0);
}

interface Owner extends StoredItem {
  readonly settings: NamespaceSettings;
}

/** Those of a kind that have a quota of a day. */
async function limitedOf<Item extends Owner>(store: Pick<Collection<Item>, 'list'>): Promise<ReadonlySet<string>> {
  const ids: string[] = [];
  let behind: Item | undefined;
  for (let count = 0; count < MOST_OWNERS; count += PAGE) {
    const page = await store.list({ limit: PAGE, ...(behind !== undefined && { behind }) });
    ids.push(...idsOf(page.map(({ id, settings }) => [id, settings])));
    behind = page.at(-1);
    if (page.length < PAGE) break;
  }
  return new Set(ids);
}

function idsOf(all: readonly (readonly [id: string, settings: NamespaceSettings])[]): readonly string[] {
  return all.filter(([, { quotas }]) => quotas !== undefined && isOfDay(quotas)).map(([id]) => id);
}

function isOfDay({ requestsPerDay, tokensPerDay }: Quotas): boolean {
  return requestsPerDay !== undefined || tokensPerDay !== undefined;
}
