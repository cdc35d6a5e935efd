import type { PickFacts } from './pick-facts.ts';

/** A request of which nothing special is known, with whatever a test changes. */
export function makePickFacts(changes: Partial<PickFacts> = {}): PickFacts {
  return {
    stickyHash: undefined,
    inputTokens: 1_000,
    outputTokens: 500,
    searchUnits: 0,
    now: 0,
    stream: true,
    requestedModel: 'model',
    needs: 0,
    ...changes,
  };
}
