import type { Clock } from './canonical/clock.ts';
import type { ModelCatalogue } from './pricing/model-catalogue.ts';
import { type AdaptiveLimits, createAdaptiveLimits } from './resilience/adaptive-limits.ts';
import { createMemberPrices } from './routing/member-prices.ts';
import { createPickers, type Pickers } from './routing/pickers.ts';
import { createTargetLoad, type TargetLoad } from './routing/target-load.ts';
import { createTargetObservations, type TargetObservations } from './routing/target-observations.ts';
import { createMemorySlotStore } from './stores/memory/slot-store.ts';
import type { SlotStore } from './stores/slot-store.ts';

/** What one process learns of its targets from its own attempts; it outlives reloads. */
export interface LearnedParts {
  readonly load: TargetLoad;
  /** How targets fared so far. */
  readonly observations: TargetObservations;
  readonly adaptiveLimits: AdaptiveLimits;
  /** Slots of this process alone, for limits that it learns by itself. */
  readonly localSlots: SlotStore;
  readonly pickers: Pickers;
}

export interface LearnedPartsInput {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** What is known of models by the configuration in force. */
  readonly models: () => ModelCatalogue;
}

export function createLearnedParts({ clock, random, models }: LearnedPartsInput): LearnedParts {
  const load = createTargetLoad();
  const observations = createTargetObservations({ now: () => clock.now() });
  const prices = createMemberPrices({ find: (ask) => models().find(ask), wallNow: () => clock.wallNow() });
  return {
    load,
    observations,
    adaptiveLimits: createAdaptiveLimits({ clock }),
    localSlots: createMemorySlotStore({ clock }),
    pickers: createPickers({ inFlight: load.inFlight, random, observations, prices }),
  };
}
