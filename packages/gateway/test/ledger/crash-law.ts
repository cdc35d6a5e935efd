import type { AttemptRecord } from '@llm-gateway/simulator';
import type { Database } from '../../src/stores/sql/database.ts';
import type { Answered, Wish } from './crash-callers.ts';

/** Dollars for a million tokens, such that a token costs fractions of a nano-dollar. */
export const pricing = { input: 0.0376251, output: 0.6000007 };

/** What tokens cost in whole nano-dollars, to the nearest: computed here once more, from the prices above. */
export function costOf({ input, output }: Answered): number {
  const perMillion = BigInt(input) * 37_625_100n + BigInt(output) * 600_000_700n;
  return Number((perMillion + 500_000n) / 1_000_000n);
}

export interface Recorded {
  readonly request_id: string;
  readonly outcome: string;
  readonly attempts: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly is_estimated: number;
  readonly cost_nanos: number;
}

/** Everything that was asked of a gateway in all its lives, who got an answer, and what the provider did. */
export interface History {
  readonly asked: ReadonlyMap<string, Wish>;
  readonly answered: ReadonlyMap<string, Answered>;
  readonly served: readonly AttemptRecord[];
  /** Exchanges that can have been under way when something was killed, over all kills. */
  readonly mostCutOff: number;
}

export interface Sums {
  readonly rows: number;
  readonly completed: number;
  readonly interrupted: number;
  /** Nano-dollars of completed exchanges, of what the provider served to them, and of interrupted ones. */
  readonly cost: number;
  readonly servedCost: number;
  readonly interruptedCost: number;
}

/** Rows of requests whose ids begin so. */
export async function readRows(database: Database, prefix: string): Promise<readonly Recorded[]> {
  return database.all<Recorded>(
    `SELECT request_id, outcome, attempts, input_tokens, output_tokens, is_estimated, cost_nanos
     FROM usage_records WHERE request_id LIKE ?`,
    [`${prefix}%`],
  );
}

/**
 * What must be true of the record after any number of kills:
 *
 * 1. No request has two rows, and none is there that nobody asked for.
 * 2. Whatever the provider was asked, and whoever got a whole answer, has its row.
 * 3. A completed exchange was served, once, and costs what was served: the tokens in the provider's answer times their
 *    price, to the nano-dollar. Its caller was told the same tokens.
 * 4. One that was refused asked nobody, cost nothing and got no answer: the places of a worker that has just died are not
 *    free yet, or a gateway without its primary takes nothing new.
 * 5. Any other row is of an exchange that the kill cut off: `interrupted`, marked as estimated, and it costs what the
 *    estimate in it costs: no more output than its caller allowed. There are no more of them than were under way.
 */
export function breachesOf(rows: readonly Recorded[], history: History): readonly string[] {
  const { answered, asked, mostCutOff, served } = history;
  const byId = new Map(rows.map((row) => [row.request_id, row]));
  const attempts = attemptsById(served);
  const interrupted = rows.filter(({ outcome }) => outcome === 'interrupted');
  return [
    ...(byId.size === rows.length ? [] : [`${rows.length} rows of ${byId.size} requests`]),
    ...rows.filter(({ request_id: id }) => !asked.has(id)).map(({ request_id: id }) => `${id} was never asked`),
    ...[...attempts.keys()].filter((id) => !byId.has(id)).map((id) => `${id} was served and has no row`),
    ...[...answered.keys()].filter((id) => !byId.has(id)).map((id) => `${id} was answered and has no row`),
    ...rows.flatMap((row) => breachesOfRow(row, history, attempts)),
    ...(interrupted.length <= mostCutOff ? [] : [`${interrupted.length} interrupted of at most ${mostCutOff}`]),
  ];
}

function breachesOfRow(
  row: Recorded,
  { answered, asked }: History,
  attempts: ReadonlyMap<string, readonly AttemptRecord[]>,
): string[] {
  const { cost_nanos: cost, input_tokens: input, outcome, output_tokens: output, request_id: id } = row;
  const told = (what: string): string => `${id}, ${outcome}: ${what}`;
  const own = Number(cost) === costOf({ input, output }) ? [] : [told(`costs ${cost} for ${input} and ${output}`)];
  if (outcome === 'rejected') {
    const hasCost = row.attempts + Number(cost) > 0 || attempts.has(id) || answered.has(id);
    return hasCost ? [...own, told('was served')] : own;
  }
  if (row.attempts !== 1) own.push(told(`${row.attempts} attempts`));
  const { tokens, words } = asked.get(id) ?? { tokens: -1, words: -1 };
  if (outcome === 'interrupted') {
    if (row.is_estimated !== 1) own.push(told('is not marked'));
    if (output > tokens) own.push(told(`is taken for ${output} tokens of at most ${tokens}`));
    return own;
  }
  if (outcome !== 'completed') return [...own, told('neither completed, nor refused, nor interrupted')];
  if (row.is_estimated !== 0) own.push(told('is estimated'));
  if (input !== words || output !== tokens) own.push(told(`used ${input} and ${output} of ${words} and ${tokens}`));
  const caller = answered.get(id);
  if (caller !== undefined && costOf(caller) !== Number(cost)) own.push(told('tells the caller something else'));
  const outcomes = (attempts.get(id) ?? []).map((attempt) => attempt.outcome);
  return outcomes.join() === 'completed' ? own : [...own, told(`was served as ${outcomes.join()}`)];
}

/** Both sides of the account: rows of completed exchanges, and what the provider served to the same ones. */
export function sumsOf(rows: readonly Recorded[], { asked, served }: History): Sums {
  const completed = rows.filter(({ outcome }) => outcome === 'completed');
  const interrupted = rows.filter(({ outcome }) => outcome === 'interrupted');
  const cutOff = new Set(interrupted.map(({ request_id: id }) => id));
  const total = (counted: readonly Recorded[]) => counted.reduce((sum, row) => sum + Number(row.cost_nanos), 0);
  let servedCost = 0;
  for (const id of attemptsById(served).keys()) {
    const { tokens, words } = asked.get(id)!;
    if (!cutOff.has(id)) servedCost += costOf({ input: words, output: tokens });
  }
  return {
    rows: rows.length,
    completed: completed.length,
    interrupted: interrupted.length,
    cost: total(completed),
    servedCost,
    interruptedCost: total(interrupted),
  };
}

/** What all rows of a record come to: money in nano-dollars, and tokens of input and output. */
export async function readTotals(database: Database): Promise<{ readonly cost: number; readonly tokens: number }> {
  const [row] = await database.all<{ readonly cost: number | null; readonly tokens: number | null }>(
    `SELECT SUM(cost_nanos) AS cost, SUM(COALESCE(input_tokens, 0) + COALESCE(output_tokens, 0)) AS tokens
     FROM usage_records`,
  );
  return { cost: Number(row?.cost ?? 0), tokens: Number(row?.tokens ?? 0) };
}

function attemptsById(served: readonly AttemptRecord[]): ReadonlyMap<string, readonly AttemptRecord[]> {
  const found = new Map<string, AttemptRecord[]>();
  for (const attempt of served) {
    const id = String(attempt.headers['x-request-id']);
    found.set(id, [...(found.get(id) ?? []), attempt]);
  }
  return found;
}
