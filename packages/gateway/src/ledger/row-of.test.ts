import { describe, expect, it } from 'vitest';
import type { ModelPrices } from '../pricing/model-facts.ts';
import { totalsOf } from '../stores/sql/ledger-totals.ts';
import { sampleSubject } from './ledger-row.fixture.ts';
import { type LedgerPrice, type RowInput, rowOf, type SettledAttempt } from './row-of.ts';

/** A nano-dollar for each token in, ten for each out. */
const prices: ModelPrices = { tokens: { input: 1_000_000, output: 10_000_000 }, longContext: [] };
const priceOf = () => ({ prices, source: 'config' });

function attempt(changes: Partial<SettledAttempt> = {}): SettledAttempt {
  return {
    targetId: 'main',
    provider: 'acme',
    upstreamModel: 'large-2',
    outcome: 'ok',
    status: 200,
    durationMs: 10,
    usage: { input: 100, output: 20 },
    ...changes,
  };
}

/** An attempt that was not charged for. */
function refusal(changes: Partial<SettledAttempt> = {}): SettledAttempt {
  return attempt({ outcome: 'transient', usage: undefined, ...changes });
}

function entry(changes: Partial<RowInput['entry']> = {}): RowInput['entry'] {
  return {
    id: 'req-1',
    operation: 'chat',
    stream: true,
    principal: 'app',
    requestedModel: 'large',
    modelLabel: 'large',
    targetModel: 'large-2',
    responseModel: 'large-2',
    provider: 'acme',
    targetId: 'main',
    status: 200,
    outcome: 'completed',
    failure: undefined,
    attempts: [attempt()],
    usage: { input: 100, output: 20 },
    durationMs: 12,
    firstByteMs: 5,
    queuedMs: 1,
    overheadMs: 0.5,
    ...changes,
  };
}

const row = (changes: Partial<RowInput['entry']>, others: Partial<RowInput> = {}) =>
  rowOf({ entry: entry(changes), subject: sampleSubject(), endedAt: 7, priceOf, ...others });
const known = { isEstimated: false, unknownCost: undefined, priceSource: 'config' };
const unused = { usage: undefined, isEstimated: false, cost: 0, unknownCost: undefined, priceSource: undefined };

describe('the row of an exchange', () => {
  it('has what the exchange came to', () => {
    expect(row({})).toEqual({
      subject: sampleSubject(),
      endedAt: 7,
      outcome: 'completed',
      status: 200,
      failure: undefined,
      provider: 'acme',
      targetId: 'main',
      targetModel: 'large-2',
      responseModel: 'large-2',
      isShared: false,
      recovered: undefined,
      durationMs: 12,
      firstByteMs: 5,
      queuedMs: 1,
      overheadMs: 0.5,
      attempts: [
        {
          targetId: 'main',
          provider: 'acme',
          model: 'large-2',
          outcome: 'ok',
          status: 200,
          durationMs: 10,
          usage: { input: 100, output: 20 },
          cost: 300,
          ...known,
        },
      ],
    });
  });

  it('has the cost of each attempt at that attempt', () => {
    const first = attempt({ outcome: 'truncated', usage: { input: 100, output: 3 }, isEstimated: true });
    const { attempts } = row({ attempts: [refusal({ status: 500 }), first, attempt()] });
    expect(attempts.map(({ cost, isEstimated }) => [cost, isEstimated])).toEqual([
      [0, false],
      [130, true],
      [300, false],
    ]);
    expect(attempts[0]).toMatchObject(unused);
    expect(totalsOf(attempts)).toMatchObject({
      cost: 430,
      isEstimated: true,
      tokens: [200, 23, 0, 0, 0, 0, 0, 0, 0, 0],
    });
  });

  it('counts a failed answer that reported what it used', () => {
    const broken = row({ outcome: 'failed', attempts: [attempt({ outcome: 'truncated' })] });
    expect(broken.attempts[0]).toMatchObject({ cost: 300, outcome: 'truncated' });
  });

  it('charges for an estimate, and says that it is one', () => {
    const usage = { input: 50, output: 5 };
    const { attempts } = row({ attempts: [attempt({ usage, isEstimated: true })] });
    expect(attempts[0]).toMatchObject({ ...known, usage, isEstimated: true, cost: 100 });
  });

  it('leaves a reported nothing as it is', () => {
    const { attempts } = row({ attempts: [attempt({ usage: { input: 0, output: 0 } })] });
    expect(attempts[0]).toMatchObject({ isEstimated: false, cost: 0 });
  });

  it.each([
    ['no_usage', { usage: undefined, isUseUnknown: true }, priceOf],
    ['no_price', {}, () => ({ prices: undefined, source: undefined })],
    ['no_output_price', {}, () => ({ prices: { tokens: { input: 1 }, longContext: [] }, source: 'library' })],
    ['implausible_usage', { usage: { input: -1, output: 1 } }, priceOf],
  ])('says why a cost is not known: %s', (reason, changes, price) => {
    const { attempts } = row({ attempts: [attempt(changes)] }, { priceOf: price });
    expect(attempts[0]).toMatchObject({ cost: undefined, unknownCost: reason });
    expect(totalsOf(attempts)).toMatchObject({ cost: undefined, unknownCost: reason });
  });

  it('charges the tier that answered, and says which and who knows its price', () => {
    const prices: LedgerPrice = {
      prices: {
        tokens: { input: 1_000_000, output: 10_000_000 },
        longContext: [],
        tiers: { flex: { kind: 'share', millionths: 500_000, source: 'overlay' } },
      },
      source: 'library',
    };
    const cheap = attempt({ serviceTier: 'flex', usage: { input: 100, output: 20 } });
    const odd = attempt({ serviceTier: 'scale', usage: { input: 100, output: 20 } });
    const { attempts } = row({ attempts: [cheap, odd] }, { priceOf: () => prices });
    expect(attempts).toMatchObject([
      { cost: 150, serviceTier: 'flex', priceSource: 'overlay' },
      { cost: undefined, unknownCost: 'no_tier_price', serviceTier: 'scale' },
    ]);
    expect(totalsOf(attempts)).toMatchObject({ cost: 150, unknownCost: 'no_tier_price', serviceTier: 'scale' });
  });

  it('takes what a budget has computed already', () => {
    const never = () => {
      throw new Error('asked for a price');
    };
    const computed = attempt({ usage: { input: 1, output: 1 }, cost: 77, isEstimated: true, priceSource: 'library' });
    const missing = attempt({ unknownCost: 'no_price' });
    const { attempts } = row({ attempts: [computed, missing] }, { priceOf: never });
    expect(attempts).toMatchObject([
      { cost: 77, isEstimated: true, priceSource: 'library' },
      { cost: undefined, unknownCost: 'no_price', usage: { input: 100, output: 20 } },
    ]);
  });

  it('has no attempt where nobody was asked, and the use of an answer at who gave it', () => {
    const attempts = [attempt(), attempt({ outcome: 'target_busy', status: 0 }), attempt({ outcome: 'inexpressible' })];
    const { attempts: rows } = row({ attempts });
    expect(rows).toMatchObject([{ outcome: 'ok', usage: { input: 100, output: 20 } }]);
    expect(row({ attempts: attempts.slice(1), outcome: 'failed' }).attempts).toEqual([]);
  });

  it('has nothing to pay for the answer of another, nor for a refusal', () => {
    const shared = row({ isShared: true });
    expect([shared.isShared, shared.attempts]).toEqual([true, []]);
    const refused = row({ attempts: [], outcome: 'rejected', usage: undefined });
    expect(totalsOf(refused.attempts)).toEqual({
      tokens: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      isEstimated: false,
      cost: 0,
      unknownCost: undefined,
      priceSource: undefined,
      serviceTier: undefined,
    });
  });

  it('names the model of the last attempt where none answered', () => {
    expect(row({ targetModel: undefined }).targetModel).toBe('large-2');
    expect(row({ targetModel: undefined, attempts: [] }).targetModel).toBeUndefined();
  });

  it('asks for the price of the attempt itself', () => {
    const asked: (string | undefined)[] = [];
    const noting: RowInput['priceOf'] = ({ provider, upstreamModel }) => {
      asked.push(`${provider}/${upstreamModel}`);
      return priceOf();
    };
    const dear = attempt({ provider: 'beta', upstreamModel: 'huge', usage: { input: 1, output: 1 } });
    row({ attempts: [refusal(), dear, attempt()] }, { priceOf: noting });
    expect(asked).toEqual(['beta/huge', 'acme/large-2']);
  });
});
