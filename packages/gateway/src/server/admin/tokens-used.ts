import type { ApiKey } from '../../stores/key-store.ts';
import type { AdminSource } from './admin-route.ts';

/** What each of these keys used of its budget of tokens; null where it has none. */
export async function readTokensUsed(
  { record, spend }: AdminSource,
  keys: readonly ApiKey[],
): Promise<readonly (number | null)[]> {
  const counted = keys.flatMap(({ id, tokenBudget, usageResetAt }) =>
    tokenBudget === null
      ? []
      : [{ id, claim: record.tokenBudgets.claimOf(id, { tokens: tokenBudget, since: usageResetAt ?? 0 }) }],
  );
  if (spend === undefined || counted.length === 0) return keys.map(() => null);
  const readings = await spend.read(counted.map(({ claim }) => claim));
  const used = new Map(counted.map(({ id }, index) => [id, readings[index]!.spentNanos]));
  return keys.map(({ id }) => used.get(id) ?? null);
}

/** The same of one key. */
export async function tokensUsedOf(source: AdminSource, key: ApiKey): Promise<number | null> {
  const [used] = await readTokensUsed(source, [key]);
  return used ?? null;
}
