import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addUsage, type Usage } from '../../src/canonical/usage.ts';
import { costOf } from '../../src/pricing/cost-of.ts';
import type { ModelPrices, TokenPrices } from '../../src/pricing/model-facts.ts';

/** Prices in whole nano-dollars for one token: no cost has a fraction then. */
function perToken(tokens: TokenPrices): ModelPrices {
  const scaled = Object.entries(tokens).map(([name, price]) => [name, price * 1_000_000]);
  return { tokens: Object.fromEntries(scaled), longContext: [] };
}

describe('costs', () => {
  const price = fc.nat({ max: 100_000 });
  const prices = fc.record({
    input: price,
    cachedInput: price,
    cacheWriteInput: price,
    cacheWriteHourInput: price,
    audioInput: price,
    output: price,
    reasoning: price,
    audioOutput: price,
    imageInput: price,
    imageOutput: price,
    cachedAudioInput: price,
    cachedImageInput: price,
  });
  const count = fc.nat({ max: 1_000_000 });
  const counts = fc.record({
    fresh: count,
    cached: count,
    written: count,
    hour: count,
    heard: count,
    said: count,
    thought: count,
    spoken: count,
    seen: count,
    drawn: count,
    heardBefore: count,
    seenBefore: count,
  });
  /** As providers tell them that price pictures: that there were none is told as well. */
  const none = { imageInput: 0, imageOutput: 0 };
  /** Shares of the usual prices, in millionths, at which no cost has a fraction. */
  const shares = fc.constantFrom(undefined, 500_000, 1_000_000, 2_000_000, 2_500_000);

  it('are those of the parts of a usage together, in every tier of service, and never less than nothing', () => {
    fc.assert(
      fc.property(counts, prices, shares, (parts, own, share) => {
        const { cached, drawn, fresh, heard, heardBefore, hour, said, seen, seenBefore, spoken, thought, written } =
          parts;
        const each: readonly Usage[] = [
          { ...none, input: fresh, output: 0 },
          { ...none, input: cached, cachedInput: cached, output: 0 },
          { ...none, input: written, cacheWriteInput: written, output: 0 },
          { ...none, input: hour, cacheWriteInput: hour, cacheWriteHourInput: hour, output: 0 },
          { ...none, input: heard, audioInput: heard, output: 0 },
          { ...none, input: seen, imageInput: seen, output: 0 },
          {
            ...none,
            input: heardBefore,
            cachedInput: heardBefore,
            audioInput: heardBefore,
            cachedAudioInput: heardBefore,
            output: 0,
          },
          {
            ...none,
            input: seenBefore,
            cachedInput: seenBefore,
            imageInput: seenBefore,
            cachedImageInput: seenBefore,
            output: 0,
          },
          { ...none, input: 0, output: said },
          { ...none, input: 0, output: thought, reasoning: thought },
          { ...none, input: 0, output: spoken, audioOutput: spoken },
          { ...none, input: 0, output: drawn, imageOutput: drawn },
        ];
        // An even price has a half without a fraction.
        const usual = perToken(Object.fromEntries(Object.entries(own).map(([name, price]) => [name, price * 2])));
        const model: ModelPrices =
          share === undefined
            ? usual
            : { ...usual, tiers: { other: { kind: 'share', millionths: share, source: 'config' } } };
        const cost = (usage: Usage) => costOf(usage, model, share === undefined ? undefined : 'other').nanoDollars!;
        const sum = each.reduce((total, part) => total + cost(part), 0);
        expect(cost(each.reduce(addUsage))).toBe(sum);
        expect(sum).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
