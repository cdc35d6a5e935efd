import fc from 'fast-check';
import type { Usage } from '../canonical/usage.ts';
import type { AttemptRow, LedgerIntent, LedgerOutcome, LedgerRow, LedgerSubject } from './ledger-row.ts';

export function sampleSubject(changes: Partial<LedgerSubject> = {}): LedgerSubject {
  return {
    requestId: 'req-1',
    operation: 'chat',
    isStream: false,
    principal: 'app',
    organisation: 'org',
    tenant: 'tenant',
    team: 'team',
    keyId: 'key',
    requestedModel: 'large',
    modelLabel: 'large',
    shadowOf: undefined,
    ...changes,
  };
}

export function sampleAttempt(changes: Partial<AttemptRow> = {}): AttemptRow {
  return {
    targetId: 'main',
    provider: 'acme',
    model: 'large-2',
    outcome: 'ok',
    status: 200,
    durationMs: 250.5,
    usage: { input: 100, output: 20 },
    isEstimated: false,
    cost: 1_000,
    unknownCost: undefined,
    priceSource: 'config',
    ...changes,
  };
}

export function sampleRow(changes: Partial<LedgerRow> = {}): LedgerRow {
  return {
    subject: sampleSubject(),
    endedAt: 1_700_000_000_000,
    outcome: 'completed',
    status: 200,
    failure: undefined,
    provider: 'acme',
    targetId: 'main',
    targetModel: 'large-2',
    responseModel: 'large-2',
    isShared: false,
    recovered: undefined,
    durationMs: 251.25,
    firstByteMs: 120,
    queuedMs: 0,
    overheadMs: 0.5,
    attempts: [sampleAttempt()],
    ...changes,
  };
}

export function sampleIntent(changes: Partial<LedgerIntent> = {}): LedgerIntent {
  return {
    subject: sampleSubject(),
    startedAt: 1_700_000_000_000,
    targetId: 'main',
    provider: 'acme',
    targetModel: 'large-2',
    usage: { input: 90, output: 50 },
    isEstimated: true,
    cost: 2_000,
    unknownCost: undefined,
    priceSource: 'config',
    ...changes,
  };
}

const name = fc.constantFrom('a', 'b', 'c');
const maybe = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });
const count = fc.nat({ max: 1_000_000 });

const usages: fc.Arbitrary<Usage> = fc
  .record({ input: count, output: count, cachedInput: count, reasoning: count, audioInput: count, imageOutput: count })
  // As they are read: classes without tokens are not there.
  .map(
    (usage) =>
      Object.fromEntries(
        Object.entries(usage).filter(([key, n]) => n > 0 || key === 'input' || key === 'output'),
      ) as never,
  );

const plainUsages: fc.Arbitrary<Usage> = usages.map(({ input, output, cachedInput, reasoning }) => ({
  input,
  output,
  ...(cachedInput ? { cachedInput } : {}),
  ...(reasoning ? { reasoning } : {}),
}));

/** Attempts of any kind: free, dear, of unknown cost. */
export const attemptRows: fc.Arbitrary<AttemptRow> = fc
  .record({
    targetId: name,
    provider: name,
    model: maybe(name),
    outcome: fc.constantFrom('ok', 'transient', 'rate_limited'),
    status: fc.constantFrom(0, 200, 429, 500),
    durationMs: fc.nat({ max: 10_000_000 }).map((micros) => micros / 1_000),
    usage: maybe(plainUsages),
    isEstimated: fc.boolean(),
    price: fc.oneof(count, fc.constant('no_price')),
    priceSource: maybe(name),
    serviceTier: maybe(name),
  })
  .map(({ price, ...attempt }) => ({
    ...attempt,
    cost: typeof price === 'number' ? price : undefined,
    unknownCost: typeof price === 'number' ? undefined : price,
  }));

const outcomes = fc.constantFrom<LedgerOutcome>('completed', 'completed', 'failed', 'client_closed', 'rejected');

export const subjects: fc.Arbitrary<LedgerSubject> = fc.record({
  requestId: fc.string({ maxLength: 40, unit: 'grapheme-ascii' }),
  operation: fc.constantFrom('chat', 'embeddings'),
  isStream: fc.boolean(),
  principal: name,
  organisation: maybe(name),
  tenant: maybe(name),
  team: maybe(name),
  keyId: maybe(name),
  requestedModel: maybe(fc.string({ maxLength: 20, unit: 'grapheme' }).map((text) => text.replaceAll('\0', ''))),
  modelLabel: name,
  shadowOf: maybe(name),
});

/** Rows that ended within some days, many of them of one attempt that answered. */
export const ledgerRows: fc.Arbitrary<LedgerRow> = fc
  .record({
    subject: subjects,
    endedAt: fc.integer({ min: 1_700_000_000_000, max: 1_700_000_000_000 + 3 * 86_400_000 }),
    outcome: outcomes,
    status: fc.constantFrom(200, 400, 499, 502),
    failure: maybe(name),
    responseModel: maybe(name),
    isShared: fc.boolean(),
    recovered: maybe(fc.constantFrom('continue', 'restart')),
    durationMs: fc.nat({ max: 100_000_000 }).map((micros) => micros / 1_000),
    firstByteMs: maybe(fc.nat({ max: 1_000_000 }).map((micros) => micros / 1_000)),
    queuedMs: fc.nat({ max: 100 }),
    overheadMs: fc.nat({ max: 10 }),
    attempts: fc.array(attemptRows, { maxLength: 3 }),
    isPlain: fc.boolean(),
  })
  .map(({ isPlain, ...row }) => {
    const last = row.attempts.at(-1);
    const own = { provider: last?.provider, targetId: last?.targetId, targetModel: last?.model };
    if (!isPlain || last === undefined) return { ...row, ...own };
    return { ...row, ...own, attempts: [{ ...last, outcome: 'ok', status: row.status }] };
  });
