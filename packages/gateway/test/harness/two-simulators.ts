import { type Simulator, startSimulator } from '@llm-gateway/simulator';
import { afterEach, beforeEach } from 'vitest';

export interface TwoSimulators {
  first: Simulator;
  second: Simulator;
}

/** Two simulators, other ones for each test; they are closed after what was begun behind them. */
export function useTwoSimulators(): TwoSimulators {
  const both = {} as TwoSimulators;
  beforeEach(async () => {
    [both.first, both.second] = await Promise.all([startSimulator({}), startSimulator({})]);
  });
  afterEach(() => Promise.all([both.first.close(), both.second.close()]));
  return both;
}
