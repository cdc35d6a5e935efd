import fc from 'fast-check';
import { expect, it } from 'vitest';
import { makePickFacts } from '../pick-facts.fixture.ts';
import { makeMember, makeSurroundings } from '../surroundings.fixture.ts';
import { createTargetObservations } from '../target-observations.ts';
import costOptimized from './cost-optimized.ts';

interface Offer {
  readonly price: number | undefined;
  readonly fits: boolean;
}

function pickerFor(offers: readonly Offer[], observations = createTargetObservations({ now: () => 0 })) {
  const members = offers.map((_offer, index) => makeMember(`t${index}`));
  const offerOf = (targetId: string) => offers[Number(targetId.slice(1))]!;
  const picker = costOptimized.createPicker(
    members,
    makeSurroundings({
      observations,
      prices: {
        costOf: ({ targetId }) => offerOf(targetId).price,
        fits: ({ targetId }) => offerOf(targetId).fits,
      },
    }),
  );
  picker.eligible.fill(1);
  return { picker, members };
}

it('picks the cheapest that fits, and one that does not only when none does', () => {
  const offer = fc.record({ price: fc.option(fc.nat(5), { nil: undefined }), fits: fc.boolean() });
  fc.assert(
    fc.property(fc.array(offer, { minLength: 1, maxLength: 12 }), (offers) => {
      const { picker } = pickerFor(offers);
      const fitting = offers.some(({ fits }) => fits) ? offers.filter(({ fits }) => fits) : offers;
      const prices = fitting.map(({ price }) => price ?? Number.POSITIVE_INFINITY);
      for (let count = 0; count < 5; count++) {
        const picked = offers[picker.pick(makePickFacts())]!;
        expect(fitting).toContain(picked);
        expect(picked.price ?? Number.POSITIVE_INFINITY).toBe(Math.min(...prices));
      }
    }),
  );
});

it('lets equal prices take turns, also where no price is known', () => {
  for (const price of [7, undefined]) {
    const { picker } = pickerFor([
      { price, fits: true },
      { price, fits: true },
      { price, fits: true },
    ]);
    expect(Array.from({ length: 4 }, () => picker.pick(makePickFacts()))).toEqual([0, 1, 2, 0]);
  }
});

it('takes the faster of equal prices', () => {
  const observations = createTargetObservations({ now: () => 0 });
  const { members, picker } = pickerFor(
    [
      { price: 7, fits: true },
      { price: 7, fits: true },
    ],
    observations,
  );
  for (const [index, ms] of [
    [0, 900],
    [1, 100],
  ] as const) {
    const observation = observations.of(members[index]!, 'model');
    observation.began(makePickFacts(), 0);
    observation.firstToken(ms, 0);
  }
  expect([picker.pick(makePickFacts()), picker.pick(makePickFacts())]).toEqual([1, 1]);
});
