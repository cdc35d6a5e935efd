import { beforeEach, describe, expect, it } from 'vitest';
import { createManualClock, type ManualClock } from '../stores/manual-clock.fixture.ts';
import { settle } from './fake-record.fixture.ts';
import { FollowedParts } from './followed-parts.ts';

describe('parts of the record that cannot be read after a change', () => {
  let clock: ManualClock;
  let parts: FollowedParts;
  let isBroken: boolean;
  let reads: string[];
  let told: string[];
  let lines: string[];
  beforeEach(() => {
    clock = createManualClock();
    isBroken = true;
    [reads, told, lines] = [[], [], []];
    const note = (level: string) => (_target: string, message: string) => void lines.push(`${level}: ${message}`);
    parts = new FollowedParts({
      clock,
      log: { debug: note('debug'), error: note('error'), info: note('info'), warn: note('warn') },
      readers: {
        providers: async () => {
          reads.push('providers');
          if (isBroken) throw new Error('out of reach');
        },
        budgets: async () => void reads.push('budgets'),
      },
    });
    parts.onChange((topics) => void told.push(topics.join()));
  });

  const after = async (ms: number) => {
    clock.advance(ms);
    await settle();
  };

  it('keep no other from being followed', async () => {
    await parts.read(['providers', 'tenants', 'budgets']);
    expect([parts.unread, reads, told]).toEqual([['providers'], ['providers', 'budgets'], ['tenants,budgets']]);
  });

  it('are read again, ever more patiently, and told of once at each end', async () => {
    await parts.read(['providers']);
    for (const wait of [1_000, 2_000, 4_000, 8_000, 15_000, 15_000]) {
      const before = reads.length;
      await after(wait - 1);
      expect(reads).toHaveLength(before);
      await after(1);
      expect(reads).toHaveLength(before + 1);
    }
    expect([told, parts.unread]).toEqual([[], ['providers']]);
    isBroken = false;
    await after(15_000);
    expect([told, parts.unread, clock.pending()]).toEqual([['providers'], [], 0]);
    expect(lines.filter((line) => !line.startsWith('debug'))).toEqual([
      "warn: What changed of the record's providers could not be read; what was read before holds until it can. Error: out of reach",
      "info: What changed of the record's providers is read now.",
    ]);
    // The next time it begins anew.
    isBroken = true;
    await parts.read(['providers']);
    isBroken = false;
    await after(1_000);
    expect(parts.unread).toEqual([]);
  });

  it('are not read again where a later change was followed meanwhile, and make one try of many failures', async () => {
    await Promise.all([parts.read(['providers']), parts.read(['providers']), parts.read(['providers'])]);
    expect(clock.pending()).toBe(1);
    isBroken = false;
    await parts.read(['providers']);
    expect([parts.unread, clock.pending()]).toEqual([[], 0]);
  });

  it('are left alone after the end', async () => {
    await parts.read(['providers']);
    parts.close();
    expect(clock.pending()).toBe(0);
    await parts.read(['providers', 'budgets']);
    expect([clock.pending(), told]).toEqual([0, []]);
  });

  it('a listener that throws kept the others from being told', async () => {
    const others: string[] = [];
    parts.onChange(() => {
      throw new Error('cannot');
    });
    parts.onChange((topics) => void others.push(topics.join()));
    await parts.read(['budgets']);
    expect(others).toEqual(['budgets']);
    expect(lines).toEqual(['error: A change of the record was not taken over: Error: cannot']);
  });
});
